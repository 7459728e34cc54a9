"""Folders above the classes (train, val, test), which are not classes themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

SPLIT = re.compile(
    r"(train|training|trn|val|valid|validation|test|testing|tst|dev|eval|evaluation|holdout)"
    r"([ _-]?(set|split|data|images?|imgs|\d{1,4}))*",
    re.IGNORECASE,
)
"""Common names for the parts of a dataset: train, Validation, test_set, train2017, val-images."""

SHARED = 2
"""If this many folder names recur under several others, they are the classes, and those others are not."""

NAMED = 6


@dataclass(frozen=True, slots=True)
class Layout:
    """``folders``, by relative name, contain classes and are not classes. ``level`` counts from the top, 1, down to the
    classes; None if they are at different depths. ``tops`` are what would be the classes otherwise."""

    folders: tuple[str, ...]
    level: int | None
    tops: tuple[str, ...]
    classes: tuple[str, ...]


@dataclass(slots=True)
class _Top:
    """A top-level folder: the images below it, as parts of their names, and whether some are directly in it."""

    images: list[Sequence[str]] = field(default_factory=list)
    direct: bool = False

    @property
    def below(self) -> set[str]:
        return {image[0] for image in self.images if len(image) > 1}

    @property
    def holds_folders(self) -> bool:
        return bool(self.images) and not self.direct


def find_layout(files: Sequence[str]) -> Layout | None:
    """What is above the classes of these images, by relative name; None if the top folders are the classes, judging by
    their names."""
    return _find([file.split("/") for file in files])


def _find(images: Sequence[Sequence[str]]) -> Layout | None:
    tops: dict[str, _Top] = {}
    for first, *rest in images:
        top = tops.setdefault(first, _Top())
        top.images.append(rest)
        top.direct = top.direct or len(rest) == 1
    above = [name for name, top in tops.items() if top.holds_folders]
    return _layout(tops, above) if _are_no_classes(tops, above) else None


def _are_no_classes(tops: dict[str, _Top], above: Sequence[str]) -> bool:
    splits = [name for name in tops if SPLIT.fullmatch(name)]
    if len(tops) == 1:
        return bool(above) and (
            bool(splits) or len(tops[above[0]].below) >= SHARED or _find(tops[above[0]].images) is not None
        )
    if len(splits) == len(tops) or any(name in above and len(tops[name].below) >= SHARED for name in splits):
        return True
    times = Counter(name for top in above for name in tops[top].below)
    return sum(n > 1 for n in times.values()) >= SHARED


def _layout(tops: dict[str, _Top], above: Sequence[str]) -> Layout:
    folders: list[str] = []
    levels: set[int | None] = set()
    classes: set[str] = set()
    for name in sorted(above):
        inner = _find(tops[name].images)
        folders += [f"{name}/{folder}" for folder in inner.folders] if inner else [name]
        levels.add((1 + inner.level if inner.level else None) if inner else 2)
        classes.update(inner.classes if inner else tops[name].below)
    level = levels.pop() if len(levels) == 1 else None
    return Layout(tuple(folders), level, tuple(sorted(tops)), tuple(sorted(classes)[:NAMED]))

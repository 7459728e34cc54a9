"""Build the label space of a column's labels, and check it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from errata.errors import DataError
from errata.tools.data.labels import WHOLE, LabelCodec
from errata.tools.data.spelling import alike, fold
from errata.types import OTHER_ANSWERS, LabelSpace

FEW = 5
"""Up to this many labels are classes, however few rows there are."""


def infer_label_space(labels: Iterable[str | None], codec: LabelCodec) -> LabelSpace:
    """The labels that occur, sorted; numerically if all are whole numbers. Named classes keep their own order.

    Labels that differ only in case, blanks, or Unicode form are one class, named by its most frequent spelling.
    """
    counts = Counter(label for label in labels if label is not None)
    if codec.kind == "class":
        named = [name for name in dict.fromkeys(codec.class_names) if codec.is_label(name)]
        spellings = alike({name: counts[name] for name in named})
    else:
        spellings = alike(counts)
        named = sorted(counts)
        if all(map(WHOLE.fullmatch, named)):
            named = sorted(named, key=lambda label: (int(label), label))
    return LabelSpace(tuple(name for name in named if name not in spellings), spellings=spellings)


def check_label_space(space: LabelSpace, labels: Sequence[str | None], column: str, least: int = 2) -> None:
    """Raises DataError if fewer than ``least`` labels occur, or a label is a word that judges answer with."""
    used = check_used(map(space.canonical, labels), f"column {column!r} holds", least)
    for label in used:
        check_encodable(label, f"a label in column {column!r}")
    taken = sorted(used.union(space.names).intersection(OTHER_ANSWERS))
    if taken:
        raise DataError(f"label {taken[0]!r} in column {column!r} is a word that errata uses itself: rename it.")


def check_used(labels: Iterable[str | None], what_holds: str, least: int = 2) -> set[str]:
    """The labels that occur. Raises DataError, which begins with ``what_holds``, if they are too few."""
    used = {label for label in labels if label is not None}
    if len(used) < least:
        found = f"only the label {min(used)!r}" if used else "no labels"
        raise DataError(f"{what_holds} {found}: errata needs at least two to tell apart.")
    return used


def check_classes(labels: Iterable[str | None], column: str) -> None:
    """A column of ids or free text is not a column of classes. Raises DataError if most rows have their own label."""
    counts = Counter(fold(label) for label in labels if label is not None)
    if len(counts) > FEW and counts.total() < 2 * len(counts):
        raise DataError(
            f"column {column!r} holds {len(counts):,} labels in {counts.total():,} rows: is this a column of classes? "
            "Name another one, or pass --many-labels."
        )


def check_encodable(word: str, what: str) -> None:
    """DataError for a lone surrogate, which JSON can spell but no file or database can store."""
    if any("\ud800" <= char <= "\udfff" for char in word):
        raise DataError(f"{what} holds half a character: {word!r}. Repair it.")

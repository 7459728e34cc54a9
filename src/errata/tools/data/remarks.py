"""What a person should know about a dataset's labels before they are used."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from errata.tools.data.spelling import NEGATIVE, means_nothing
from errata.types import LabelSpace

NAMED = 3
FEWEST_OTHERS = 2
"""A word for "no label" occurs with at least this many classes; yes and None, or 1 and -1, are classes."""


def remarks(labels: Sequence[str | None], space: LabelSpace, noun: str = "row") -> tuple[str, ...]:
    """One line per finding: labels that count as one, and labels that may mean "no label".
    ``noun``: what holds one of them."""
    counts = Counter(label for label in labels if label is not None)
    return tuple(line for line in (_former(counts, space, noun), _alike(space), _no_label(counts, space)) if line)


def _former(counts: Mapping[str, int], space: LabelSpace, noun: str) -> str:
    held = {old: new for old, new in space.renames.items() if counts[old]}
    return _joined(
        f"{_rows(counts[old], noun)} {old!r}, which is called {new!r} today" for old, new in held.items()
    ) + (": they count as that." if held else "")


def _alike(space: LabelSpace) -> str:
    groups: dict[str, list[str]] = {}
    for spelling, name in space.spellings.items():
        if spelling not in space.renames:
            groups.setdefault(name, [name]).append(spelling)
    if not groups:
        return ""
    said = _joined(" and ".join((", ".join(map(repr, g[:-1])), repr(g[-1]))) for g in groups.values())
    return (
        f"{said} differ only in case, blanks or Unicode form: they count as one label. Merge them in the data, or list "
        "each of them in a labels.toml (--labels) to keep them apart."
    )


def _no_label(counts: Mapping[str, int], space: LabelSpace) -> str:
    by_name: Counter[str] = Counter()
    for label, count in counts.items():
        by_name[space.canonical(label) or ""] += count
    negative = [name for name in by_name if NEGATIVE.fullmatch(name)]
    doubted = [name for name in by_name if means_nothing(name) or negative == [name]]
    if not doubted or len(by_name) - len(doubted) < FEWEST_OTHERS:
        return ""
    said = _joined(f"{by_name[name]:,} of {by_name.total():,} labels are {name!r}" for name in doubted)
    return (
        f"{said}, which often means 'no label'; here it counts as a class. If it is none, pass "
        + " ".join(f"--no-label {shlex.quote(name)}" for name in doubted[:NAMED])
        + "."
    )


def _joined(parts: Iterator[str]) -> str:
    known = list(parts)
    more = [f"{len(known) - NAMED} more"] if len(known) > NAMED else []
    return "; ".join([*known[:NAMED], *more])


def _rows(count: int, noun: str) -> str:
    return f"1 {noun} holds" if count == 1 else f"{count:,} {noun}s hold"

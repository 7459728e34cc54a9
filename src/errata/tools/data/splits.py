"""Splits: those on which scores are reported never change unless the user says so, and their copies elsewhere are told.

Fixing the labels of a test split changes every score that was ever measured on it.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from errata.errors import SetupError, nearest
from errata.types import Bool, Int

MEASURED = frozenset(
    {"test", "testing", "holdout", "held", "hold", "eval", "evaluation", "validation", "valid", "val", "dev"}
)
"""First words of the names of splits on which scores are reported."""

Splits = tuple[str | None, ...]
"""The split of each row, None where the column is empty."""


class Leak(NamedTuple):
    """``items`` of the ``of`` rows of ``split`` have a copy in the split ``other``, ``exact`` of them word for word."""

    split: str
    other: str
    items: int
    of: int
    exact: int


def read_splits(cells: Sequence[object]) -> Splits:
    return tuple(str(cell).strip() or None if cell is not None else None for cell in cells)


def is_measured(name: str) -> bool:
    """Whether scores are reported on a split of this name: test, test_b, Validation, held-out, ..."""
    return re.split(r"[^a-z]+", name.casefold())[0] in MEASURED


def protected_splits(splits: Splits, may_change: Sequence[str]) -> tuple[str, ...]:
    """The splits whose labels never change, in order. SetupError if one that may change is not there."""
    names = list(dict.fromkeys(name for name in splits if name is not None))
    for name in may_change:
        if name not in names:
            raise SetupError(f"--fix-split {name}: there is no such split{nearest(name, names)}.")
    return tuple(name for name in names if is_measured(name) and name not in may_change)


def rows_in(splits: Splits, names: Sequence[str]) -> Bool:
    """bool[N]: the rows of these splits."""
    return np.array([split in names for split in splits], np.bool_)


def remarks(splits: Splits, protected: Sequence[str], classes: Mapping[str, set[str | None]]) -> Iterator[str]:
    """What a person should know before anything else. ``classes``: the labels used in each split."""
    counts = Counter(splits)
    for name in protected:
        yield (
            f"the {counts[name]:,} rows of the split {name!r} are protected, since scores are reported on them: they "
            f"are scanned and shown, and their labels never change. To let them: --fix-split {shlex.quote(name)}"
        )
    for name, used in classes.items():
        if len(used) == 1:
            yield f"the split {name!r} holds one class only, {next(iter(used))!r}: no score on it tells classes apart."


def leaks(splits: Splits, shas: Sequence[str], rows_A: Int, groups_A: Int) -> list[Leak]:
    """The copies of rows in other splits, most first. ``shas``: each row's content; ``groups_A``: the group of copies
    of each annotation, negative if it has none; ``rows_A``: its row. A split on which scores are reported comes first,
    since they are what a copy spoils."""
    groups: dict[int, set[int]] = {}
    for row, group in zip(rows_A.tolist(), groups_A.tolist(), strict=True):
        groups.setdefault(row, set()).update([group] if group >= 0 else [])
    rows: dict[str, list[int]] = {}
    for row, split in enumerate(splits):
        if split is not None:
            rows.setdefault(split, []).append(row)
    found = []
    for split, other in combinations(sorted(rows, key=lambda name: (not is_measured(name), len(rows[name]), name)), 2):
        words = {shas[row] for row in rows[other]}
        near = set().union(*(groups.get(row, ()) for row in rows[other]))
        exact = {row for row in rows[split] if shas[row] in words}
        copied = exact | {row for row in rows[split] if near.intersection(groups.get(row, ()))}
        if copied:
            found.append(Leak(split, other, len(copied), len(rows[split]), len(exact)))
    return sorted(found, key=lambda leak: -leak.items)

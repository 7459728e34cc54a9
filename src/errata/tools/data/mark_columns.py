"""Marks in columns of their own, 1 where an item has the mark, seen as one column of lists."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from errata.errors import DataError
from errata.tools.data.spelling import fold
from errata.tools.data.table import Change, Changes, Format, StoredLabel, Table

UNMARKED = frozenset({"", "0", "0.0", "false", "f", "no", "n", "-"})
MARKED = frozenset({"1", "1.0", "true", "t", "yes", "y", "x"})


@dataclass(frozen=True)
class MarkColumns:
    """``table`` with one more column, ``name``: for each row the names of the ``columns`` that are marked in it.

    ``reopen`` reads a file that was written from the table. Columns are written one after the other, each as it stores
    its own values.
    """

    table: Table
    columns: tuple[str, ...]
    reopen: Callable[[Path], Table]

    @property
    def name(self) -> str:
        return " + ".join(self.columns)

    @property
    def format(self) -> Format:
        return self.table.format

    @property
    def sha256(self) -> str:
        return self.table.sha256

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.table.names, self.name)

    @property
    def remarks(self) -> tuple[str, ...]:
        found: tuple[str, ...] = getattr(self.table, "remarks", ())
        return found

    @property
    def encoding(self) -> str | None:
        found: str | None = getattr(self.table, "encoding", None)
        return found

    def __len__(self) -> int:
        return len(self.table)

    def cells(self, name: str, rows: Sequence[int] | None = None) -> list[object]:
        if name != self.name:
            return self.table.cells(name, rows)
        marked = [[self._is_marked(column, cell) for cell in self.table.cells(column, rows)] for column in self.columns]
        by_row = zip(*marked, strict=True)
        return [[column for column, mark in zip(self.columns, row, strict=True) if mark] for row in by_row]

    def class_names(self, name: str) -> tuple[str, ...] | None:
        return None if name == self.name else self.table.class_names(name)

    def write(self, changes: Changes, out: Path) -> dict[int, str]:
        """The tokens are JSON: column -> the token that its cell had before."""
        of_column = self._by_column(changes)
        first, *others = of_column or {self.columns[0]: {}}
        former = {first: self.table.write(replace(changes, column=first, labels=of_column.get(first, {})), out)}
        for column in others:
            former[column] = self.reopen(out).write(Changes(column, of_column[column]), out)
        tokens: dict[int, dict[str, str]] = {row: {} for row in changes.labels}
        for column, of_row in former.items():
            for row, token in of_row.items():
                tokens[row][column] = token
        return {row: json.dumps(of) for row, of in tokens.items()}

    def _by_column(self, changes: Changes) -> dict[str, dict[int, Change]]:
        """Column -> row -> change, only where a mark changes."""
        found: dict[str, dict[int, Change]] = {}
        before = dict(zip(changes.labels, self.cells(self.name, list(changes.labels)), strict=True))
        for row, change in changes.labels.items():
            tokens = {} if change.raw is None else json.loads(change.raw)
            for column in self.columns:
                is_marked, was_marked = column in _marks(change.value), column in _marks(before[row])
                if is_marked != was_marked:
                    value = self._values[column][is_marked]
                    found.setdefault(column, {})[row] = Change(value, tokens.get(column))
        return found

    @cached_property
    def _values(self) -> dict[str, tuple[StoredLabel, StoredLabel]]:
        """What each column usually holds where it is unmarked, and where it is marked."""
        return {column: self._usual(column) for column in self.columns}

    def _usual(self, column: str) -> tuple[StoredLabel, StoredLabel]:
        cells = self.table.cells(column)
        counts: tuple[Counter[StoredLabel], Counter[StoredLabel]] = (Counter(), Counter())
        for cell in cells:
            if cell is None or isinstance(cell, str | int | float):
                counts[self._is_marked(column, cell)][cell] += 1
        pairs: list[tuple[StoredLabel, StoredLabel]] = [(False, True), (0, 1), (0.0, 1.0), ("0", "1"), ("no", "yes")]
        seen = next((side.most_common(1)[0][0] for side in counts if side), "1")
        like = next((pair for pair in pairs if type(pair[0]) is type(seen)), ("0", "1"))
        off, on = (side.most_common(1)[0][0] if side else like[n] for n, side in enumerate(counts))
        return off, on

    def _is_marked(self, column: str, cell: object) -> bool:
        word = "" if cell is None or cell != cell else fold(str(cell))
        if word in MARKED:
            return True
        if word in UNMARKED:
            return False
        raise DataError(
            f"column {column!r} holds {cell!r:.60}, which does not say whether an item has the mark: store 1 or 0."
        )


def _marks(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()

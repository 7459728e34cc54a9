"""The table that a sheet holds: its columns, and what each of its cells says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from errata.errors import DataError
from errata.tools.data.sheet_xml import Area, Cell, Row, SheetXml, letters
from errata.tools.data.workbook import Workbook, unescaped

WHOLE = re.compile(r"-?[0-9]{1,15}")
NAMED = 3
SHARED = range(2**31)
"""What the number of a shared text can be; Python would take -1 for the last."""


@dataclass(frozen=True, slots=True)
class SheetTable:
    """``names`` from the first row that is not empty, and one list of ``values`` per name; columns without a name and
    rows without a value are left out. ``places``: the column of each name, from 0. ``numbers``: the row of the header
    and of each row of the table, from 1. ``width``: the first column that is free in every row. ``unsaved``: by column,
    a formula whose value is not in the file."""

    names: tuple[str, ...]
    places: tuple[int, ...]
    values: tuple[list[object], ...]
    numbers: tuple[int, ...]
    width: int
    merged: tuple[Area, ...]
    unsaved: Mapping[int, str]
    remarks: tuple[str, ...]


def read_sheet(xml: SheetXml, book: Workbook) -> SheetTable:
    """Of a formula, the value that was saved with it; an error value (#N/A) is an empty cell, and a date a datetime.

    Raises DataError for a sheet without a header of its own cells, and for one that is damaged.
    """
    return _Reading(xml, book).table()


class _Reading:
    """One pass over the rows of a sheet."""

    def __init__(self, xml: SheetXml, book: Workbook) -> None:
        self._xml, self._book = xml, book
        self._names: dict[int, str] = {}
        self._values: dict[int, list[object]] = {}
        self._numbers: list[int] = []
        self._formulas: Counter[int] = Counter()
        self._unsaved: dict[int, str] = {}
        self._width = self._hidden = 0

    def table(self) -> SheetTable:
        for row in self._xml:
            self._read(row)
        if not self._numbers:
            raise DataError(f"{self._xml.name} is empty: it needs a header row and rows.")
        across = [merged.text for merged in self._xml.merged if merged.covers(merged.left, self._numbers[0])]
        if across:
            raise DataError(f"{self._xml.name}: the header is merged ({across[0]}). Name each column in its own cell.")
        return SheetTable(
            names=tuple(self._names.values()),
            places=tuple(self._names),
            values=tuple(self._values.values()),
            numbers=tuple(self._numbers),
            width=self._width,
            merged=tuple(self._xml.merged),
            unsaved=self._unsaved,
            remarks=tuple(self._remarks()),
        )

    def _read(self, row: Row) -> None:
        self._width = max([self._width, *(cell.column + 1 for cell in row.cells[-1:])])
        found = {cell.column: value for cell in row.cells if (value := self._value(cell, row.number)) is not None}
        if not self._names:
            if found:
                self._names = {column: str(value) for column, value in found.items()}
                self._values = {column: [] for column in found}
                self._numbers.append(row.number)
            return
        for cell in row.cells:
            if cell.formula:
                self._formulas[cell.column] += 1
                if not cell.text and cell.kind != "str":
                    self._unsaved.setdefault(cell.column, f"{letters(cell.column)}{row.number}")
        if found.keys() & self._names.keys():
            self._numbers.append(row.number)
            self._hidden += row.hidden
            for column, values in self._values.items():
                values.append(found.get(column))

    def _value(self, cell: Cell, row: int) -> object:
        if cell.text is None or cell.kind == "e":
            return None
        try:
            return _value(cell, self._book)
        except (ValueError, IndexError, OverflowError):
            raise DataError(
                f"{self._xml.name}: cell {letters(cell.column)}{row} cannot be read "
                f"({cell.text!r:.40}): open the file and save it again."
            ) from None

    def _remarks(self) -> Iterator[str]:
        named = [f"{self._names[column]!r} ({n:,})" for column, n in self._formulas.items() if column in self._names]
        if named:
            more = f" and {len(named) - NAMED} more" * (len(named) > NAMED)
            yield (
                f"Formulas in the columns {', '.join(named[:NAMED])}{more}: their saved values are read, and they are "
                "never overwritten."
            )
        if self._hidden:
            yield f"{self._hidden:,} rows are hidden in the sheet; they are read like the others."


def _value(cell: Cell, book: Workbook) -> object:
    """What a cell holds, None if it is blank; a date is a datetime. Raises ValueError for what no program writes."""
    text = str(cell.text)
    if cell.kind == "s":
        return book.texts[SHARED.index(int(text))] or None
    if cell.kind in ("str", "inlineStr"):
        return unescaped(text) or None
    if not text:
        return None
    if cell.kind == "b":
        return text.strip() in ("1", "true")
    if cell.kind == "d":
        return datetime.fromisoformat(text)
    number = int(text) if WHOLE.fullmatch(text) else float(text)
    code = book.date_formats.get(cell.style)
    return number if code is None else _moment(number, code, book)


def _moment(number: float, code: str, book: Workbook) -> object:
    from openpyxl.styles.numbers import is_timedelta_format
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    epoch = MAC_EPOCH if book.counts_from_1904 else WINDOWS_EPOCH
    return from_excel(number, epoch, timedelta=is_timedelta_format(code))

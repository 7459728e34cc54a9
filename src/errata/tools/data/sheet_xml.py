"""The XML of one sheet, row by row, with the place of each cell in its bytes."""

from __future__ import annotations

import re
from typing import NamedTuple

from errata.errors import DataError
from errata.tools.data.xml_part import XmlPart

MOST_COLUMNS, MOST_ROWS = 1 << 14, 1 << 20
"""No spreadsheet program opens more."""
REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


class Cell(NamedTuple):
    """``column`` counts from 0; ``start`` and ``end`` are bytes. ``kind``: how ``text`` is to be read ("s" is the
    number of a shared text, "n" a number). ``text`` is None if nothing is stored."""

    column: int
    start: int
    end: int
    kind: str
    style: int
    text: str | None
    formula: bool


class Row(NamedTuple):
    """``number`` counts from 1. ``end``: where its closing tag begins, in bytes."""

    number: int
    cells: list[Cell]
    end: int
    hidden: bool


class Area(NamedTuple):
    """A rectangle of cells; columns count from 0, rows from 1, and the last ones belong to it. ``text``: A1:C3."""

    left: int
    top: int
    right: int
    bottom: int
    text: str

    def covers(self, column: int, row: int) -> bool:
        return self.left <= column <= self.right and self.top <= row <= self.bottom


class SheetXml(XmlPart[Row]):
    """Once all rows were read: ``merged`` areas, ``spilled`` ones that a single formula fills, and ``dimension``, the
    span of the tag that says which cells there are."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data, name)
        self.merged: list[Area] = []
        self.spilled: list[Area] = []
        self.dimension: tuple[int, int] | None = None
        self._number, self._hidden = 0, False
        self._cells: list[Cell] = []
        self._column, self._begun, self._formula, self._text = -1, 0, False, ""
        self._given: dict[str, str] = {}
        self._has_text = self._reads = self._pronounces = False

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "c":
            self._begin_cell(given)
        elif name in ("v", "is"):
            self._has_text = True
        elif name == "row":
            self._begin_row(given)
        elif name == "f":
            self._formula = True
            if given.get("t") in ("array", "dataTable") and "ref" in given:
                self.spilled.append(area(given["ref"]))
        elif name == "mergeCell":
            self.merged.append(area(given["ref"]))
        elif name == "dimension":
            self.dimension = self.position, self.end_of_tag(self.position)
        self._reads = name in ("v", "t") and not self._pronounces
        self._pronounces = self._pronounces or name == "rPh"

    def text(self, text: str) -> None:
        if self._reads:
            self._text += text

    def end(self, name: str) -> None:
        self._reads = False
        if name == "c":
            text = self._text if self._has_text else None
            kind, style = self._given.get("t", "n"), int(self._given.get("s", 0))
            end = self.end_of_tag(self.position)
            self._cells.append(Cell(self._column, self._begun, end, kind, style, text, self._formula))
        elif name == "row":
            self.found.append(Row(self._number, self._cells, self.position, self._hidden))
        elif name == "rPh":
            self._pronounces = False

    def _begin_row(self, given: dict[str, str]) -> None:
        number = int(given.get("r", self._number + 1))
        if not self._number < number <= MOST_ROWS:
            raise DataError(f"{self.name} has row {number} after row {self._number}: open the file and save it again.")
        self._number, self._hidden = number, given.get("hidden") in ("1", "true")
        self._cells, self._column = [], -1

    def _begin_cell(self, given: dict[str, str]) -> None:
        column = self._column + 1
        if "r" in given:
            column, row = place(given["r"])
            if row != self._number or column <= self._column:
                raise DataError(f"{self.name} has the cell {given['r']} out of its order: save the file again.")
        if column >= MOST_COLUMNS:
            raise DataError(f"{self.name} has more than {MOST_COLUMNS:,} columns.")
        self._column, self._begun, self._given = column, self.position, given
        self._formula, self._text, self._has_text = False, "", False


def place(reference: str) -> tuple[int, int]:
    """Column, from 0, and row, from 1, of a cell such as C5. Raises ValueError if it is none."""
    found = REFERENCE.fullmatch(reference)
    if found is None:
        raise ValueError(f"{reference!r:.20} names no cell")
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1, int(found[2])


def area(text: str) -> Area:
    """The rectangle that A1:C3, or a single cell, names."""
    first, _, last = text.partition(":")
    (left, top), (right, bottom) = place(first), place(last or first)
    return Area(left, top, right, bottom, text)


def letters(column: int) -> str:
    """The name of a column that counts from 0: A, B, ..., AA."""
    name, left = "", column + 1
    while left:
        left, digit = divmod(left - 1, 26)
        name = chr(ord("A") + digit) + name
    return name

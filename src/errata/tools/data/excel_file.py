"""Excel workbooks (.xlsx): one sheet is the table, and only the cells of its labels are written, in the sheet's own
XML."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from errata.errors import DataError
from errata.tools.data.atomic import atomic_write
from errata.tools.data.sheet_table import SheetTable, read_sheet
from errata.tools.data.sheet_xml import MOST_COLUMNS, Cell, Row, SheetXml, letters
from errata.tools.data.splice import Splice, spliced
from errata.tools.data.table import Changes
from errata.tools.data.workbook import Sheet, Workbook, escaped


@dataclass(frozen=True, slots=True, eq=False)
class ExcelFile:
    """One sheet of a workbook, whose bytes are all in memory."""

    book: Workbook
    sheet: Sheet
    sha256: str
    table: SheetTable
    format: Literal["excel"] = "excel"

    @property
    def names(self) -> tuple[str, ...]:
        return self.table.names

    @property
    def remarks(self) -> tuple[str, ...]:
        others = len(self.book.sheets) - 1
        one = f"Only the sheet {self.sheet.name!r} is read; the workbook has {others} more."
        return (*([one] if others else []), *self.table.remarks)

    def __len__(self) -> int:
        return len(self.table.numbers) - 1

    def cells(self, name: str, rows: Sequence[int] | None = None) -> list[object]:
        """Raises DataError if cells of the column are merged, or formulas whose values were not saved."""
        column = self.names.index(name)
        place, values = self.table.places[column], self.table.values[column]
        first, last = self.table.numbers[0], self.table.numbers[-1]
        for merged in self.table.merged:
            if merged.left <= place <= merged.right and merged.top <= last and merged.bottom > first:
                raise DataError(f"{self._shown}: the cells {merged.text} of column {name!r} are merged. Unmerge them.")
        if place in self.table.unsaved:
            raise DataError(
                f"{self._shown}: cell {self.table.unsaved[place]} of column {name!r} is a formula whose value is not "
                "in the file: open it in a spreadsheet program and save it."
            )
        return list(values) if rows is None else [values[row] for row in rows]

    def class_names(self, name: str) -> None:
        return None

    def write(self, changes: Changes, out: Path) -> dict[int, str]:
        rows = list(changes.labels)
        former = dict(zip(rows, self.cells(changes.column, rows) if rows else [], strict=True))
        xml, numbers = _xml(self.book, self.sheet), self.table.numbers
        wanted = {*numbers} if changes.add or changes.drop else {numbers[row + 1] for row in changes.labels}
        read = {row.number: row for row in xml if row.number in wanted}
        splices = [*self._labels(xml, read, changes), *self._added(xml, read, changes), *self._dropped(read, changes)]
        if changes.add or changes.drop:
            splices += self._dimension(xml, len(changes.add), len(changes.drop))
        data = spliced(xml.data, splices)
        with atomic_write(out) as file:
            self.book.write(self.sheet.part, data, file)
        return {row: json.dumps(value) for row, value in former.items()}

    @property
    def _shown(self) -> str:
        return f"{self.book.path}, sheet {self.sheet.name!r}"

    def _labels(self, xml: SheetXml, rows: Mapping[int, Row], changes: Changes) -> Iterator[Splice]:
        if not changes.labels:
            return
        place = self.table.places[self.names.index(changes.column)]
        for row, change in changes.labels.items():
            found = rows[self.table.numbers[row + 1]]
            cell = _cell_at(found, place)
            name = f"{letters(place)}{found.number}"
            if cell.formula or any(filled.covers(place, found.number) for filled in xml.spilled):
                raise DataError(
                    f"{self._shown}: the label in {name} is a formula, which is never overwritten. Turn the formulas "
                    "of the column into values first (copy, paste values). Nothing was written."
                )
            value = change.value if change.raw is None else json.loads(change.raw)
            yield Splice(cell.start, cell.end, _written(value, name, cell.style, _prefix(xml, found)))

    def _added(self, xml: SheetXml, rows: Mapping[int, Row], changes: Changes) -> Iterator[Splice]:
        columns = [(name, *values) for name, values in changes.add.items()]
        if self.table.width + len(columns) > MOST_COLUMNS:
            raise DataError(f"{self._shown} has no room for {len(columns)} more columns: leave the annotations out.")
        for line, number in enumerate(self.table.numbers if columns else ()):
            for place, column in enumerate(columns, start=self.table.width):
                cell = _written(column[line], f"{letters(place)}{number}", 0, _prefix(xml, rows[number]))
                yield Splice(rows[number].end, rows[number].end, cell)

    def _dropped(self, rows: Mapping[int, Row], changes: Changes) -> Iterator[Splice]:
        gone = {self.table.places[self.names.index(name)] for name in changes.drop}
        for row in rows.values():
            yield from (Splice(cell.start, cell.end, b"") for cell in row.cells if cell.column in gone)

    def _dimension(self, xml: SheetXml, added: int, dropped: int) -> Iterator[Splice]:
        """Readers that trust the sheet's own size must see the columns added."""
        if xml.dimension is not None:
            start, end = xml.dimension
            tag = xml.data[start:end]
            right = letters(max(0, self.table.width - dropped + added - 1))
            ref = re.search(rb'ref="([A-Z]+[0-9]+):[A-Z]+([0-9]+)"', tag)
            if ref:
                new = b'ref="%s:%s%s"' % (ref[1], right.encode(), ref[2])
                yield Splice(start, end, tag.replace(ref[0], new))


def read_excel(path: Path, sheet: str | None = None) -> ExcelFile:
    """Read one sheet of an .xlsx workbook: the one named, or else the only one that is not hidden.

    Raises DataError for a file that is no .xlsx, is protected or damaged, and for a sheet without a header; SetupError
    if a sheet has to be named, and without the extra ``excel``.
    """
    book = Workbook.read(path)
    chosen = book.sheet(sheet)
    table = read_sheet(_xml(book, chosen), book)
    return ExcelFile(book, chosen, hashlib.sha256(book.data).hexdigest(), table)


def _xml(book: Workbook, sheet: Sheet) -> SheetXml:
    return SheetXml(book.part(sheet.part), f"{book.path}, sheet {sheet.name!r}")


def _cell_at(row: Row, place: int) -> Cell:
    """The cell in a column; an empty span where it would be, if it is not stored."""
    for cell in row.cells:
        if cell.column == place:
            return cell
        if cell.column > place:
            return Cell(place, cell.start, cell.start, "n", 0, None, False)
    return Cell(place, row.end, row.end, "n", 0, None, False)


def _prefix(xml: SheetXml, row: Row) -> str:
    """The namespace prefix of the sheet's own tags, with its colon; mostly none."""
    found = re.match(rb"</([^>:]+:)?", xml.data[row.end : row.end + 100])
    return (found[1] or b"").decode() if found else ""


def _written(value: object, name: str, style: int, x: str) -> bytes:
    """The XML of a cell; text is always text, and never a formula."""
    head = f'<{x}c r="{name}"' + (f' s="{style}"' if style else "")
    if value is None:
        return f"{head}/>".encode() if style else b""
    if isinstance(value, bool):
        return f'{head} t="b"><{x}v>{int(value)}</{x}v></{x}c>'.encode()
    if isinstance(value, int | float):
        return f"{head}><{x}v>{value!r}</{x}v></{x}c>".encode()
    text = escape(escaped(str(value)))
    return f'{head} t="inlineStr"><{x}is><{x}t xml:space="preserve">{text}</{x}t></{x}is></{x}c>'.encode()

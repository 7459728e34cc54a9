"""CSV and TSV: read with Python's csv module, written by changing only the bytes of the label cells."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from errata.errors import DataError
from errata.tools.data.delimiter import check_delimiter, sniffed
from errata.tools.data.encoding import UTF8, as_utf8
from errata.tools.data.splice import BOM, Splice, write_spliced
from errata.tools.data.table import Change, Changes
from errata.types import Int

LARGEST_CELL = 2**31 - 1
"""The largest cell that the csv module accepts on every system."""


@dataclass(frozen=True, slots=True, eq=False)
class CsvFile:
    """A whole CSV file in memory, as UTF-8; ``encoding`` is its own. ``spans`` i64[1 + N, 2]: start and end of the
    header and of each row, in ``data``."""

    data: bytes
    sha256: str
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    spans: Int
    format: Literal["csv"] = "csv"

    def __len__(self) -> int:
        return len(self.spans) - 1

    def cells(self, name: str, rows: Sequence[int] | None = None) -> list[object]:
        place = self.names.index(name)
        texts = io.StringIO(self.data.removeprefix(BOM).decode(), newline="") if rows is None else map(self._row, rows)
        found = (row[place] or None for row in csv.reader(texts, delimiter=self.delimiter) if row)
        return list(islice(found, 1, None) if rows is None else found)

    def class_names(self, name: str) -> None:
        return None

    @property
    def remarks(self) -> tuple[str, ...]:
        if self.encoding == UTF8:
            return ()
        return (f"The file is read as {self.encoding}, and written back in it. If that is wrong: --encoding NAME",)

    def write(self, changes: Changes, out: Path) -> dict[int, str]:
        splices, former = [], {}
        place = self.names.index(changes.column) if changes.labels else -1
        current = dict(zip(changes.labels, self.cells(self.names[place], list(changes.labels)), strict=True))
        for row, change in changes.labels.items():
            start, end = self._cell_spans(row + 1)[place]
            former[row] = self.data[start:end].decode()
            if (_unquote(former[row], self.delimiter) or None) != current[row]:
                raise DataError(f"row {row} of the CSV reads in two ways; it was not written. Quote its cells plainly.")
            splices.append(Splice(start, end, self._token(change, quoted=former[row].startswith('"'))))
        splices += [*self._added(changes.add), *self._dropped(changes.drop)]
        write_spliced(self.data, splices, out, self.encoding)
        return former

    def _row(self, row: int) -> str:
        start, end = self.spans[row + 1]
        return self.data[start:end].decode()

    def _token(self, change: Change, *, quoted: bool) -> bytes:
        if change.raw is not None:
            return change.raw.encode()
        return _quote("" if change.value is None else str(change.value), self.delimiter, always=quoted)

    def _cell_spans(self, line: int) -> list[tuple[int, int]]:
        cell, (position, end) = re.compile(_cell(self.delimiter)), self.spans[line].tolist()
        spans: list[tuple[int, int]] = []
        while position <= end and (match := cell.match(self.data, position, end)):
            spans.append(match.span())
            position = match.end() + 1
        return spans

    def _added(self, add: Mapping[str, Sequence[object]]) -> Iterator[Splice]:
        columns = [(name, *values) for name, values in add.items()]
        for line, (_, end) in enumerate(self.spans.tolist() if columns else []):
            words = (_quote(_words(column[line]), self.delimiter, always=False) for column in columns)
            yield Splice(end, end, b"".join(self.delimiter.encode() + word for word in words))

    def _dropped(self, drop: frozenset[str]) -> Iterator[Splice]:
        places = [self.names.index(name) for name in drop]
        for line in range(len(self.spans) if places else 0):
            cells = self._cell_spans(line)
            yield from (Splice(cells[place - 1][1], cells[place][1], b"") for place in places)


def read_csv(path: Path, delimiter: str | None = None, encoding: str | None = None) -> CsvFile:
    """Read a CSV or TSV file: in the given ``encoding``, or the one that ``as_utf8`` detects; comma, semicolon, tab, or
    bar as its rows use it, or the given ``delimiter``.

    Blank lines are not rows. Raises DataError for a file that is not in its encoding, for a row with more or fewer
    cells than the header (naming its line), and for a quote that is never closed; SetupError for an invalid delimiter.
    """
    csv.field_size_limit(LARGEST_CELL)
    source = path.read_bytes()
    data, encoding = as_utf8(source, path, encoding)
    text = io.StringIO(data.removeprefix(BOM).decode(), newline="")
    delimiter = sniffed(text, path) if delimiter is None else check_delimiter(delimiter)
    names: tuple[str, ...] = ()
    count = 0
    reader = csv.reader(text, delimiter=delimiter)
    try:
        for cells in filter(None, reader):
            names = names or tuple(cells)
            if len(cells) != len(names):
                raise _ragged(path, reader.line_num, len(cells), len(names), delimiter)
            count += 1
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}. Rewrite the file with plain quoting.") from error
    if not count:
        raise DataError(f"{path} is empty: it needs a header line and rows.")
    spans = _row_spans(data, delimiter, path)
    if len(spans) != count:
        raise DataError(f"{path} reads as {count} rows or as {len(spans)}: rewrite it with plain quoting.")
    return CsvFile(data, hashlib.sha256(source).hexdigest(), encoding, delimiter, names, spans)


def _ragged(path: Path, line: int, cells: int, names: int, delimiter: str) -> DataError:
    return DataError(
        f"{path}, line {line}: {cells} cells, but the header has {names}. Quote a cell that contains the delimiter "
        f"{delimiter!r}, complete the row, or name another delimiter with --delimiter."
    )


def _cell(delimiter: str) -> bytes:
    """A cell as the csv module reads it: stray characters after the closing quote still belong to the cell."""
    plain = rb"[^%s\r\n]*+" % re.escape(delimiter.encode())
    return rb'(?>"(?:[^"]++|"")*+"%s|(?!")%s)' % (plain, plain)


def _row_spans(data: bytes, delimiter: str, path: Path) -> Int:
    """The start and end of each row that is not blank, without its line end; the header is the first."""
    cell = _cell(delimiter)
    row = re.compile(rb"(?>%s(?:%s%s)*+)(?=(\r\n|\r|\n|\Z))" % (cell, re.escape(delimiter.encode()), cell))
    spans, position = [], len(BOM) if data.startswith(BOM) else 0
    while position < len(data):
        match = row.match(data, position)
        if match is None:
            line = len(data[:position].splitlines()) + 1
            raise DataError(f"{path}: the row that begins on line {line} opens a quote that never closes.")
        if match.end() > position:
            spans.append(match.span())
        position = match.end(1)
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def _unquote(token: str, delimiter: str) -> str:
    return next(csv.reader(io.StringIO(token, newline=""), delimiter=delimiter), [""])[0]


def _quote(value: str, delimiter: str, *, always: bool) -> bytes:
    if always or any(mark in value for mark in (delimiter, '"', "\r", "\n")):
        value = '"' + value.replace('"', '""') + '"'
    return value.encode()


def _words(value: object) -> str:
    """A value as written in an added column."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)

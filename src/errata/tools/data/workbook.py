"""An .xlsx workbook as the zip of XML parts that it is: its sheets, shared texts, and date formats."""

from __future__ import annotations

import io
import lzma
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from errata.errors import DataError, SetupError, missing_extra, nearest
from errata.tools.data.xml_part import Elements, XmlPart

LARGEST = 512 << 20
"""Bytes of all parts together; more is no sheet that a person works on."""
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(OSError, EOFError, ValueError, RuntimeError, NotImplementedError),
)
"""What zipfile raises on a damaged file."""
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """``part``: the name of its XML in the zip. ``hidden``: so that people do not see it."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, eq=False)
class Workbook:
    """The bytes of a whole workbook."""

    path: Path
    data: bytes

    @classmethod
    def read(cls, path: Path) -> Workbook:
        """Raises DataError for a file that is no .xlsx, or too large, and SetupError without the extra."""
        try:
            import openpyxl  # noqa: F401  it knows what a number means that is shown as a date
        except ImportError:
            raise missing_extra("openpyxl", "excel") from None
        book = cls(path, path.read_bytes())
        if book.data.startswith(OLD):
            what = "is protected with a password" if ENCRYPTED in book.data else "is in the format of Excel 97 (.xls)"
            raise DataError(f"{path} {what}: open it, and save it as an .xlsx without a password.")
        with book._opened() as archive:
            size = sum(part.file_size for part in archive.infolist())
            twice = len(archive.infolist()) - len(set(archive.namelist()))
        if size > LARGEST:
            raise DataError(f"{path} unpacks to {size / 1e6:,.0f} MB, more than {LARGEST / 1e6:,.0f}: split it.")
        if twice:
            raise DataError(f"{path} has two parts of the same name, as no spreadsheet program writes them.")
        return book

    def sheet(self, name: str | None) -> Sheet:
        """The sheet of this name, or else the only one that is not hidden. Raises SetupError for a name that does not
        exist, and if a name is needed."""
        if name is not None:
            found = [sheet for sheet in self.sheets if sheet.name == name]
            if not found:
                raise SetupError(f"{self.path} has no sheet {name!r}{nearest(name, [s.name for s in self.sheets])}.")
            return found[0]
        shown = [sheet for sheet in self.sheets if not sheet.hidden] or self.sheets
        if len(shown) > 1:
            names = ", ".join(repr(sheet.name) for sheet in shown[:SHOWN]) + ", ..." * (len(shown) > SHOWN)
            raise SetupError(f"{self.path} has {len(shown)} sheets: {names}. Which one? Pass --sheet NAME.")
        if not shown:
            raise DataError(f"{self.path} has no sheet with cells.")
        return shown[0]

    @cached_property
    def sheets(self) -> Sequence[Sheet]:
        """Every sheet of cells; a sheet that is one chart is none."""
        own = self._targets(self._book_part, "worksheet")
        return [
            Sheet(given.get("name", ""), own[given["id"]], given.get("state", "visible") != "visible")
            for name, given in self._elements(self._book_part)
            if name == "sheet" and given.get("id") in own
        ]

    @cached_property
    def texts(self) -> Sequence[str]:
        """The texts that cells refer to by number."""
        return [text for part in self._related("sharedStrings") for text in _Texts(self.part(part), part)]

    @cached_property
    def date_formats(self) -> Mapping[int, str]:
        """Style -> its number format, if it shows a number as a date or a time."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

        formats, styles, in_cells = dict(BUILTIN_FORMATS), [], False
        for part in self._related("styles"):
            for name, given in self._elements(part):
                if name == "numFmt":
                    formats[int(given["numFmtId"])] = given.get("formatCode", "")
                if name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
                    in_cells = name == "cellXfs"
                if name == "xf" and in_cells:
                    styles.append(int(given.get("numFmtId", 0)))
        shown = {style: formats.get(number, "") for style, number in enumerate(styles)}
        return {style: code for style, code in shown.items() if is_date_format(code)}

    @cached_property
    def counts_from_1904(self) -> bool:
        """Whether day 0 is in 1904, as on old Macs."""
        given = [given for name, given in self._elements(self._book_part) if name == "workbookPr"]
        return any(one.get("date1904") in ("1", "true") for one in given)

    def part(self, name: str) -> bytes:
        with self._opened() as archive:
            try:
                return archive.read(name)
            except KeyError:
                raise DataError(f"{self.path} lacks its part {name}: it is no whole .xlsx workbook.") from None

    def write(self, part: str, data: bytes, file: BinaryIO) -> None:
        """The same workbook with one part replaced; the content of all others is copied."""
        # An error of writing is none of the workbook's: only what is read is explained.
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive, zipfile.ZipFile(file, "w") as out:
            out.comment = archive.comment
            for info in archive.infolist():
                with self._explained():
                    content = data if info.filename == part else archive.read(info)
                out.writestr(copy(info), content)

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        with self._explained(), zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            yield archive

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ZIP_ERRORS as error:
            raise DataError(f"{self.path} is no whole .xlsx workbook ({error}): save or copy it again.") from error

    @cached_property
    def _book_part(self) -> str:
        found = self._targets("", "officeDocument")
        if not found:
            raise DataError(f"{self.path} is no .xlsx workbook: save it as one.")
        return next(iter(found.values()))

    def _related(self, kind: str) -> Sequence[str]:
        return list(self._targets(self._book_part, kind).values())

    def _targets(self, part: str, kind: str) -> Mapping[str, str]:
        """Id -> part, of the parts of a kind that a part (or, "", the workbook) refers to."""
        folder, _, file = part.rpartition("/")
        relations = posixpath.join(folder, "_rels", f"{file}.rels")
        return {
            given.get("Id", ""): posixpath.normpath(posixpath.join("/", folder, given.get("Target", ""))).lstrip("/")
            for name, given in self._elements(relations)
            if name == "Relationship" and given.get("Type", "").endswith(f"/{kind}")
        }

    def _elements(self, part: str) -> Iterator[tuple[str, dict[str, str]]]:
        return iter(Elements(self.part(part), f"{self.path}, part {part},"))


class _Texts(XmlPart[str]):
    """The shared texts; how a text is formatted and pronounced is left out."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data, name)
        self._pieces: list[str] = []
        self._inside: list[str] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        self._inside.append(name)

    def text(self, text: str) -> None:
        if self._inside[-1] == "t" and "rPh" not in self._inside:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        self._inside.pop()
        if name == "si":
            self.found.append(unescaped("".join(self._pieces)))
            self._pieces.clear()


def unescaped(text: str) -> str:
    """A text with the characters that XML cannot hold."""
    return ESCAPED.sub(_character, text) if "_x" in text else text


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return escape[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def escaped(text: str) -> str:
    """The reverse of ``unescaped``."""
    text = ESCAPED.sub(lambda escape: f"_x005F{escape[0]}", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]", lambda char: f"_x{ord(char[0]):04X}_", text)

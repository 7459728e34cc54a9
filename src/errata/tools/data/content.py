"""The content of items: text cells, and images stored as bytes, data: addresses, or file names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from errata.errors import DataError
from errata.tools.data.data_uri import is_data_uri, read_data_uri
from errata.tools.data.fingerprint import content_sha
from errata.tools.data.image_files import ImageFiles
from errata.tools.data.images import image_problem
from errata.tools.data.regular_file import MAX_BYTES, shown
from errata.tools.data.table import Table

CHUNK = 256
ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class Content:
    """What one row shows, or ``problem``: why it cannot be shown."""

    text: str | None = None
    image: bytes | None = None
    problem: str | None = None

    @property
    def sha(self) -> str:
        return content_sha(self.text, self.image)


@dataclass(frozen=True, slots=True)
class ContentReader:
    """Reads the content columns of a table, one row at a time: encoded images can be large."""

    table: Table
    files: ImageFiles
    text: str | None
    image: str | None

    @classmethod
    def of(
        cls, table: Table, folder: Path, text: str | None, image: str | None, image_roots: Sequence[Path] = ()
    ) -> ContentReader:
        """Images named by a path are looked up in ``folder``, where the data file is, then in the roots. Raises
        SetupError for a root that is not a folder."""

        def names() -> Iterator[str]:
            cells = (table.cells(image, [row])[0] for row in range(len(table))) if image else ()
            yield from filter(None, map(_file_name, cells))

        return cls(table, ImageFiles(folder, image_roots, names), text, image)

    def read(self, rows: Sequence[int]) -> Iterator[Content]:
        """The content of the given rows, in order."""
        for start in range(0, len(rows), CHUNK):
            block = rows[start : start + CHUNK]
            texts = self.table.cells(self.text, block) if self.text else [None] * len(block)
            for row, text in zip(block, texts, strict=True):
                yield self._content(text, row)

    def check_all(self) -> Iterator[tuple[str, str | None]]:
        """The hash of every row's content, and why it cannot be shown; every image's header is checked."""
        return map(_checked, self.read(range(len(self.table))))

    def _content(self, text_cell: object, row: int) -> Content:
        text, text_problem = _read_text(text_cell)
        if self.image is None:
            return Content(text, None, text_problem)
        text_problem = text_problem if text_cell is not None else None
        (cell,) = self.table.cells(self.image, [row])
        try:
            # In a folder of images every name is a file name, whatever it looks like.
            is_name = self.table.format == "image_folder" and isinstance(cell, str)
            return Content(text, self.files.read(str(cell)) if is_name else read_image(cell, self.files), text_problem)
        except DataError as error:
            return Content(text, None, str(error))


def texts(table: Table, column: str | None, rows: Sequence[int]) -> list[str | None]:
    """Only the texts of the given rows; None if one cannot be shown, or if there is no text column."""
    if column is None:
        return [None] * len(rows)
    return [_read_text(cell)[0] for cell in table.cells(column, rows)]


def _checked(content: Content) -> tuple[str, str | None]:
    problem = image_problem(content.image) if content.problem is None and content.image is not None else None
    return content.sha, content.problem or problem


def _read_text(cell: object) -> tuple[str | None, str | None]:
    """The text of a cell, and what is wrong with it."""
    if cell is None:
        return None, "the text is empty"
    if isinstance(cell, bytes | list | dict):
        return None, f"the text is a {type(cell).__name__}, not text"
    text = str(cell)
    if not text.strip():
        return text, "the text is empty"
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        return None, "the text holds half a character (a lone surrogate)"
    return text, None


def read_image(cell: object, files: ImageFiles) -> bytes:
    """An encoded image from its cell. Raises DataError saying what is wrong with the cell.

    A cell holds the bytes, a data: address, a path, or bytes and path in the form of Hugging Face's
    ``{"bytes": ..., "path": ...}``.
    """
    cell = _inner(cell)
    if not cell:
        raise DataError("the image is missing")
    if isinstance(cell, bytes):
        if len(cell) > MAX_BYTES:
            raise DataError(f"the image has {len(cell) / 1e6:,.0f} MB, more than {MAX_BYTES / 1e6:,.0f}: shrink it")
        return cell
    if not isinstance(cell, str):
        raise DataError(f"the image is a {type(cell).__name__}, neither bytes nor a path")
    if is_data_uri(cell):
        return read_data_uri(cell)
    name = _file_name(cell)
    if name is None:
        raise DataError(f"the image is an address ({shown(cell)}): errata reads local files only")
    return files.read(name)


def _inner(cell: object) -> object:
    return cell.get("bytes") or cell.get("path") if isinstance(cell, dict) else cell


def _file_name(cell: object) -> str | None:
    """The file that a cell names, by path or file: address; None for anything else."""
    cell = _inner(cell)
    if not isinstance(cell, str) or is_data_uri(cell):
        return None
    if not ADDRESS.match(cell):
        return cell
    try:
        address = urlsplit(cell)
    except ValueError:
        return None
    if address.scheme != "file" or address.netloc not in ("", "localhost"):
        return None
    path = unquote(address.path)
    return path[1:] if re.match(r"/[A-Za-z]:/", path) else path

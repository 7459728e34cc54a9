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
from errata.types import Part

CHUNK = 256
ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class Content:
    """What one row shows: one of ``cells`` for each column, None where it has nothing there. ``problem``: why the row
    cannot be shown."""

    cells: tuple[Part | None, ...] = ()
    problem: str | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for part in self.cells if part is not None)

    @property
    def sha(self) -> str:
        return content_sha(self.cells)


@dataclass(frozen=True, slots=True)
class ContentReader:
    """Reads the content columns of a table, one row at a time: encoded images can be large."""

    table: Table
    files: ImageFiles
    texts: tuple[str, ...]
    images: tuple[str, ...]
    context: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        table: Table,
        folder: Path,
        texts: tuple[str, ...],
        images: tuple[str, ...],
        context: tuple[str, ...] = (),
        image_roots: Sequence[Path] = (),
    ) -> ContentReader:
        """Images named by a path are looked up in ``folder``, where the data file is, then in the roots. Raises
        SetupError for a root that is not a folder."""

        def names() -> Iterator[str]:
            cells = (table.cells(image, [row])[0] for image in images for row in range(len(table)))
            yield from filter(None, map(_file_name, cells))

        return cls(table, ImageFiles(folder, image_roots, names), texts, images, context)

    def read(self, rows: Sequence[int]) -> Iterator[Content]:
        """The content of the given rows, in order."""
        for start in range(0, len(rows), CHUNK):
            block = rows[start : start + CHUNK]
            texts = [self.table.cells(name, block) for name in (*self.texts, *self.context)]
            for n, row in enumerate(block):
                yield self._content([cells[n] for cells in texts], row)

    def check_all(self) -> Iterator[tuple[str, str | None]]:
        """The hash of every row's content, and why it cannot be shown; every image's header is checked."""
        return map(_checked, self.read(range(len(self.table))))

    def _content(self, text_cells: Sequence[object], row: int) -> Content:
        """A column may be empty where another one has something to show; what is broken is a problem anywhere."""
        count = len(self.texts)
        read = [_read_text(name, cell) for name, cell in zip(self.texts, text_cells, strict=False)]
        read += [self._read_image(name, row) for name in self.images]
        beside = zip(self.context, text_cells[count:], strict=True)
        read_context = [_read_text(name, cell, context=True) for name, cell in beside]
        problem = next((why for _, why, missing in (*read, *read_context) if why and not missing), None)
        if problem is None and all(why for _, why, _ in read):
            problem = read[0][1]
        # An empty text is shown as such, unless something else is there.
        alone = len(read) == 1
        cells = [part if alone or why is None else None for part, why, _ in read]
        return Content((*cells, *(part if why is None else None for part, why, _ in read_context)), problem)

    def _read_image(self, name: str, row: int) -> _Read:
        (cell,) = self.table.cells(name, [row])
        # In a folder of images every name is a file name, whatever it looks like.
        is_name = self.table.format == "image_folder" and isinstance(cell, str)
        if not is_name and not _inner(cell):
            return None, "the image is missing", True
        try:
            data = self.files.read(str(cell)) if is_name else read_image(cell, self.files)
        except DataError as error:
            return None, str(error), False
        return Part(name, image=data), None, False


_Read = tuple[Part | None, str | None, bool]
"""A part, what is wrong with it, and whether that is only that nothing is there."""


def text_parts(
    table: Table, texts: Sequence[str], context: Sequence[str], rows: Sequence[int]
) -> list[tuple[Part, ...]]:
    """Only the texts of the given rows, without those that cannot be shown."""
    columns = [[_read_text(name, cell)[0] for cell in table.cells(name, rows)] for name in texts]
    columns += [[_read_text(name, cell, context=True)[0] for cell in table.cells(name, rows)] for name in context]
    by_row = zip(*columns, strict=True) if columns else [()] * len(rows)
    return [tuple(part for part in parts if part is not None) for parts in by_row]


def _checked(content: Content) -> tuple[str, str | None]:
    if content.problem is not None:
        return content.sha, content.problem
    images = (part.image for part in content.parts if part.image is not None)
    return content.sha, next((problem for image in images if (problem := image_problem(image))), None)


def _read_text(name: str, cell: object, *, context: bool = False) -> _Read:
    if cell is None:
        return None, "the text is empty", True
    if isinstance(cell, bytes | list | dict):
        return None, f"the text is a {type(cell).__name__}, not text", False
    text = str(cell)
    if not text.strip():
        return Part(name, text, context=context), "the text is empty", True
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        return None, "the text holds half a character (a lone surrogate)", False
    return Part(name, text, context=context), None, False


def read_image(cell: object, files: ImageFiles) -> bytes:
    """An encoded image from its cell. Raises DataError saying what is wrong with the cell.

    A cell holds the bytes, a data: address, a path, or bytes and path in the form of Hugging Face's
    ``{"bytes": ..., "path": ...}``.
    """
    cell = _inner(cell)
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

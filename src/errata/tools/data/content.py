"""The content of items: text cells, and images held as bytes or as paths to files."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from errata.tools.data.fingerprint import content_sha
from errata.tools.data.images import image_problem
from errata.tools.data.table import Table

CHUNK = 256


@dataclass(frozen=True, slots=True)
class Content:
    """What one row shows, or ``problem``, why it cannot be shown."""

    text: str | None = None
    image: bytes | None = None
    problem: str | None = None

    @property
    def sha(self) -> str:
        return content_sha(self.text, self.image)


@dataclass(frozen=True, slots=True)
class ContentReader:
    """Reads the content columns of a table. Image paths are taken from ``folder``, where the data file lies."""

    table: Table
    folder: Path
    text: str | None
    image: str | None

    def read(self, rows: Sequence[int]) -> list[Content]:
        """The content of the given rows, in their order."""
        blanks: list[object] = [None] * len(rows)
        texts = self.table.cells(self.text, rows) if self.text else blanks
        images = self.table.cells(self.image, rows) if self.image else blanks
        return [self._content(text, image) for text, image in zip(texts, images, strict=True)]

    def check_all(self) -> Iterator[Content]:
        """The content of every row, a few at a time in memory, with its images' headers checked."""
        for start in range(0, len(self.table), CHUNK):
            for content in self.read(range(start, min(start + CHUNK, len(self.table)))):
                problem = image_problem(content.image) if content.image is not None else None
                yield replace(content, problem=content.problem or problem) if problem else content

    def _content(self, text_cell: object, image_cell: object) -> Content:
        text, text_problem = _read_text(text_cell)
        if self.image is None:
            return Content(text, None, text_problem)
        image, image_problem_found = read_image(image_cell, self.folder)
        return Content(text, image, image_problem_found or (text_problem if text_cell is not None else None))


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


def read_image(cell: object, folder: Path) -> tuple[bytes | None, str | None]:
    """An encoded image's bytes from its cell, and what is wrong with it.

    A cell holds the bytes, a path, or both in the form of Hugging Face's ``{"bytes": ..., "path": ...}``.
    """
    if isinstance(cell, dict):
        cell = cell.get("bytes") or cell.get("path")
    if not cell:
        return None, "the image is missing"
    if isinstance(cell, bytes):
        return cell, None
    if not isinstance(cell, str):
        return None, f"the image is a {type(cell).__name__}, neither bytes nor a path"
    if "://" in cell:
        return None, f"the image is an address ({cell:.100}): errata reads local files only"
    return _read_file(folder / cell)


def _read_file(path: Path) -> tuple[bytes | None, str | None]:
    try:
        # A pipe or a device would hang, or never end.
        if not stat.S_ISREG(path.stat().st_mode):
            return None, f"{path} is not a file"
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        return None, f"{path} cannot be read ({error})"
    return (data, None) if data else (None, f"{path} is empty")

"""Hashes that identify a dataset, a file, and an item's content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from errata.tools.data.folder_listing import list_folder
from errata.types import Part, sha_of


def sha_of_file(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha_of_folder(folder: Path) -> str:
    """sha256 over the sorted list of (relative name, size, sha256 of the bytes) of every file in a folder.

    A link to a file of the same folder counts as that file; any other counts by its target path and is not followed.
    Pipes and devices do not count.
    """
    listing = list_folder(folder)
    real = folder.resolve()
    counted = [_file_entry(name, folder / name) for name in listing.files]
    counted += [_link_entry(name, folder / name, real) for name in listing.links]
    return sha_of(sorted(counted, key=lambda entry: str(entry[0])))


def _file_entry(name: str, path: Path) -> list[str | int]:
    return [_encodable(name), path.stat().st_size, sha_of_file(path)]


def _link_entry(name: str, path: Path, folder: Path) -> list[str | int]:
    end = Path(os.path.realpath(path))  # a loop is not an error here
    if end.is_relative_to(folder) and end.is_file():
        return _file_entry(name, end)
    return [_encodable(name), "link", _encodable(str(path.readlink()))]


def _encodable(name: str) -> str:
    """A file name may contain any bytes; those that are not UTF-8 count as escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def sha_of_path(path: Path) -> str:
    """sha256 of a file, or of a folder."""
    return sha_of_folder(path) if path.is_dir() else sha_of_file(path)


def content_sha(cells: Sequence[Part | None]) -> str:
    """sha256 of an item's content: of each of its columns in order, None where the item has nothing there.

    The kind comes first, so that a text never equals an image of the same bytes. Names do not count: a renamed column
    holds the same content.
    """
    shas = ["" if part is None else _part_sha(part) for part in cells]
    alone = len(shas) == 1 and shas[0]
    return alone or hashlib.sha256(("parts\0" + "\0".join(shas)).encode()).hexdigest()


def _part_sha(part: Part) -> str:
    kind = (b"context " if part.context else b"") + (b"text" if part.image is None else b"image")
    data = (part.text or "").encode("utf-8", "surrogatepass") if part.image is None else part.image
    return hashlib.sha256(kind + b"\0" + data).hexdigest()

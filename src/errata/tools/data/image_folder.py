"""Folders of images by class, ``PATH/<class>/<files>``: a label changes by moving its file, in a new folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from errata.errors import DataError, PatchConflict
from errata.tools.data.copying import copy_folder
from errata.tools.data.fingerprint import sha_of_folder
from errata.tools.data.images import SUFFIXES
from errata.tools.data.table import Changes


@dataclass(frozen=True, slots=True, eq=False)
class ImageFolder:
    """The images of a folder, by relative name in sorted order: ``<class>/.../<file>``."""

    path: Path
    sha256: str
    files: tuple[str, ...]
    format: Literal["image_folder"] = "image_folder"
    names: tuple[str, ...] = ("file", "label")

    def __len__(self) -> int:
        return len(self.files)

    def cells(self, name: str, rows: Sequence[int] | None = None) -> list[object]:
        files = self.files if rows is None else [self.files[row] for row in rows]
        return [file if name == "file" else file.split("/", 1)[0] for file in files]

    def class_names(self, name: str) -> None:
        return None

    def new_places(self, labels: Mapping[int, str | None]) -> dict[int, str]:
        return {row: moved_name(self.files[row], label) for row, label in labels.items()}

    def write(self, changes: Changes, out: Path) -> dict[int, str]:
        moved = {self.files[row]: moved_name(self.files[row], change.value) for row, change in changes.labels.items()}
        everything = (path.relative_to(self.path).as_posix() for path in self.path.rglob("*"))
        _check_clashes([moved.get(name, name) for name in everything])
        copy_folder(self.path, out, moved)
        return {row: self.files[row] for row in changes.labels}


def moved_name(file: str, label: object) -> str:
    """Where an image lies once its class is ``label``. Raises DataError for a label that cannot name a folder."""
    if not isinstance(label, str) or label in ("", ".", "..") or any(mark in label for mark in "/\\\0"):
        raise DataError(f"{file} cannot move to the class {label!r}: that is not a folder's name.")
    return f"{label}/{file.split('/', 1)[1]}"


def read_image_folder(path: Path) -> ImageFolder:
    """Lists the images of ``PATH/<class>/``, at any depth. Hidden and other files are no items, and are kept."""
    found = (file.relative_to(path) for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    images = [file for file in found if len(file.parts) > 1 and not any(part.startswith(".") for part in file.parts)]
    if not images:
        raise DataError(f"{path} holds no images: expected {path}/<class>/<image files>, or a data file's path.")
    files = tuple(sorted(file.as_posix() for file in images))
    for file in files:
        if not file.isprintable() and any("\udc80" <= char <= "\udcff" for char in file):
            raise DataError(f"{path} holds an image whose name is not UTF-8: {file!r}. Rename it.")
    return ImageFolder(path, sha_of_folder(path), files)


def _check_clashes(names: Sequence[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise PatchConflict(f"two images would be called {twice[0]!r}: rename one of them. Nothing was changed.")

"""Folders of images by class, ``PATH/<class>/<files>``: a label is changed by moving its file, in a new folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from errata.errors import AmbiguousFolders, DataError, PatchConflict
from errata.tools.data.copying import copy_folder
from errata.tools.data.fingerprint import sha_of_folder
from errata.tools.data.folder_listing import Listing, list_folder
from errata.tools.data.image_files import ImageFiles
from errata.tools.data.image_items import find_images
from errata.tools.data.image_layout import Layout, find_layout
from errata.tools.data.left_out import LeftOut
from errata.tools.data.new_names import check_former_names, new_names
from errata.tools.data.table import Changes
from errata.tools.visible import one_line

NAMED = 6


@dataclass(frozen=True, slots=True, eq=False)
class ImageFolder:
    """The images of a folder, by relative name, sorted; the ``level``-th part of each is its class.

    ``left_out`` counts the files that are not items, and ``remarks`` say what a person should know about links.
    """

    path: Path
    sha256: str
    files: tuple[str, ...]
    level: int = 1
    listing: Listing = field(default=Listing((), (), (), ()), repr=False)
    left_out: LeftOut = field(default_factory=LeftOut)
    remarks: tuple[str, ...] = ()
    format: Literal["image_folder"] = "image_folder"
    names: tuple[str, ...] = ("file", "label")

    def __len__(self) -> int:
        return len(self.files)

    def cells(self, name: str, rows: Sequence[int] | None = None) -> list[object]:
        files = self.files if rows is None else [self.files[row] for row in rows]
        return [file if name == "file" else file.split("/")[self.level - 1] for file in files]

    def class_names(self, name: str) -> None:
        return None

    def new_places(self, labels: Mapping[int, object]) -> dict[int, str]:
        """The relative names that images get with these labels, by row, as ``write`` uses them."""
        return new_names(self.files, self.listing, labels, self.level)

    def write(self, changes: Changes, out: Path) -> dict[int, str]:
        """A new label moves its image to ``new_places``; a ``raw``, if there is one, is the name it gets back."""
        labels = {row: change.value for row, change in changes.labels.items()}
        former = {row: change.raw for row, change in changes.labels.items() if change.raw is not None}
        check_former_names(former, labels, self.listing, self.level)
        places = self.new_places({row: label for row, label in labels.items() if row not in former}) | former
        if len(set(places.values())) < len(places):
            raise PatchConflict("an image is to get back a name that another one is to get. Nothing was changed.")
        copy_folder(self.path, out, {self.files[row]: place for row, place in places.items()}, changes.copied)
        return {row: self.files[row] for row in changes.labels}


def read_image_folder(path: Path, class_level: int | None = None, image_roots: Sequence[Path] = ()) -> ImageFolder:
    """List the images of ``PATH/<class>/``, at any depth; ``class_level`` 2 means ``PATH/*/<class>/``, and so on.

    Other files are not items, and are kept. ``image_roots`` are allowed link targets besides the folder itself. Raises
    AmbiguousFolders if there seem to be folders above the classes, judging by their names, and no ``class_level`` is
    given.
    """
    listing, level = list_folder(path), class_level or 1
    found = find_images(path, listing, ImageFiles(path, image_roots), level)
    if not found.images:
        expected = f"{path}/{'*/' * (level - 1)}<class>/<image files>"
        said = " ".join([f"({found.left_out.sentence})"] * bool(found.left_out.sentence) + list(found.remarks))
        raise DataError(f"{path} holds no images: expected {expected}, or a data file's path. {said}".strip())
    layout = find_layout(found.images) if class_level is None else None
    if layout is not None:
        raise _which(path, layout)
    for file in found.images:
        if any("\udc80" <= char <= "\udcff" for char in file):
            raise DataError(f"{path} holds an image whose name is not UTF-8: {file!r}. Rename it.")
    return ImageFolder(path, sha_of_folder(path), found.images, level, listing, found.left_out, found.remarks)


def _which(path: Path, layout: Layout) -> AmbiguousFolders:
    tops = _listed(layout.tops)
    if layout.classes:
        what = f"{path}: {tops} may be no classes, since they hold folders of images ({_listed(layout.classes)})."
    else:
        what = f"{path}: {tops} may be no classes, by their names."
    levels = {1: f"{tops} as the classes"} | ({layout.level: "all of it together"} if layout.level else {})
    return AmbiguousFolders(what, [path / folder for folder in layout.folders], levels)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(one_line(name, 40) for name in names[:NAMED])
    return f"{shown}, ..." if len(names) > NAMED else shown

"""Which files of a folder are images of a class, and counts of the others."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from errata.errors import DataError
from errata.tools.data.folder_listing import Listing
from errata.tools.data.image_files import ImageFiles
from errata.tools.data.images import SUFFIXES, looks_like_image
from errata.tools.data.left_out import LeftOut
from errata.tools.data.regular_file import read_beginning, shown
from errata.tools.visible import one_line

OF_FILE_MANAGERS = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
SMALL_COPIES = frozenset({"@eadir", "__macosx"})
"""Folders in which file managers keep thumbnails: hidden, although without a dot."""

HIDDEN, NO_CLASS, NO_FILE = "hidden", "outside of a class", "pipes or devices"
HEAD_BYTES, ENDING_SHOWN = 1 << 20, 20


@dataclass(frozen=True, slots=True)
class Images:
    """``images`` by relative name, sorted; ``remarks`` say what a person should know about links."""

    images: tuple[str, ...]
    left_out: LeftOut
    remarks: tuple[str, ...]


def find_images(folder: Path, listing: Listing, allowed: ImageFiles, level: int = 1) -> Images:
    """The files, and the links to files that may be read, that have an image extension (or none but image content) and
    are in a class folder, ``level`` folders down. Files that file managers leave everywhere are not even counted."""
    files = [name for name in listing.files if not _is_of_file_manager(name)]
    pictures = {name for name in files if _is_picture(folder, name)}
    linked = {name for name in listing.links if allowed.allows(folder / name) and _is_picture(folder, name)}
    images = {name for name in pictures | linked if name.count("/") >= level and not _is_hidden(name)}
    kinds = Counter(_kind(name, name in pictures) for name in files if name not in images)
    kinds.update(NO_FILE for _ in listing.odd)
    unread = [name for name in listing.links if name not in images]
    total = len(files) + len(listing.odd) + len(listing.links)
    left_out = LeftOut(files=total, files_read=len(images), by_ending=dict(kinds), links=len(unread))
    return Images(tuple(sorted(images)), left_out, tuple(_remarks(folder, unread, allowed)))


def _is_picture(folder: Path, name: str) -> bool:
    path, ending = folder / name, PurePosixPath(name).suffix.lower()
    if ending in SUFFIXES:
        return path.is_file()
    try:
        return not ending and looks_like_image(read_beginning(os.path.realpath(path), HEAD_BYTES))
    except DataError:
        return False


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part.lower() in SMALL_COPIES for part in name.split("/"))


def _is_of_file_manager(name: str) -> bool:
    last = PurePosixPath(name).name.lower()
    no_picture = last.startswith("._") or PurePosixPath(last).suffix not in SUFFIXES
    return last in OF_FILE_MANAGERS or (_is_hidden(name) and no_picture)


def _kind(name: str, is_picture: bool) -> str:
    if _is_hidden(name):
        return HIDDEN
    return NO_CLASS if is_picture else one_line(PurePosixPath(name).suffix.lower(), ENDING_SHOWN)


def _remarks(folder: Path, links: Sequence[str], allowed: ImageFiles) -> Iterator[str]:
    """One line for each kind of link that is not read."""
    ends = {name: Path(os.path.realpath(folder / name)) for name in links}  # a loop is not an error here
    to_folders = [name for name in links if ends[name].is_dir()]
    outside = [name for name in links if ends[name].is_file() and not allowed.allows(folder / name)]
    nowhere = [name for name in links if not ends[name].exists()]
    if to_folders:
        yield f"{_counted(to_folders, ends)} to a folder. That is not followed: put the folder itself there."
    if outside:
        root = os.path.commonpath([ends[name].parent for name in outside])
        yield f"{_counted(outside, ends)} out of the folder. To read it: --image-root {shlex.quote(one_line(root))}"
    if nowhere:
        yield f"{_counted(nowhere, ends)} nowhere."


def _counted(links: Sequence[str], ends: Mapping[str, Path]) -> str:
    first = f"{shown(links[0])} -> {shown(str(ends[links[0]]))}"
    return f"1 link ({first}) leads" if len(links) == 1 else f"{len(links):,} links (the first: {first}) lead"

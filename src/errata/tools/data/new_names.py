"""Names for images whose class changes: free ones, and always the same ones for the same input."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from pathlib import PurePosixPath

from errata.errors import DataError, PatchConflict
from errata.tools.data.folder_listing import Listing
from errata.tools.data.regular_file import shown

MOST_BYTES = 255
"""Of a file or folder name, on every current file system."""

RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
"""Characters that Windows allows in no name."""


def new_names(files: Sequence[str], listing: Listing, changes: Mapping[int, object], level: int = 1) -> dict[int, str]:
    """Row -> the relative name of its file once its class is the given label. ``files`` are those of all rows,
    ``listing`` is everything in their folder; the ``level``-th part of each name is the class.

    A name that is taken, even in a spelling that some file systems cannot tell apart, gets a number: 0001-2.png. Files
    that move away do not free their names, so that each move can be made and undone separately and in any order. Raises
    DataError for a label that cannot name a folder, and PatchConflict if something else is in the place of a folder.
    """
    for label in dict.fromkeys(changes.values()):
        check_folder_name(label, listing, level)
    wanted = {row: moved_name(files[row], label, level) for row, label in sorted(changes.items())}
    folders = {folder for name in wanted.values() for folder in _folders(name)}
    blocked = sorted(folders & {*listing.files, *listing.links, *listing.odd})
    if blocked:
        raise PatchConflict(f"{shown(blocked[0])} is no folder, and images are to move into it: move it away.")
    taken = {_key(name) for name in (*listing.everything, *folders)}
    found: dict[int, str] = {}
    for row, name in wanted.items():
        found[row] = name if name == files[row] else _free(name, taken)
        taken.add(_key(found[row]))
    return found


def check_former_names(
    former: Mapping[int, str], changes: Mapping[int, object], listing: Listing, level: int = 1
) -> None:
    """PatchConflict if the exact names that images are to get back, by row, are taken, or are not names in their
    class."""
    taken = set(listing.everything)
    for row, name in former.items():
        parts = name.split("/")
        if "\0" in name or {"", ".", ".."} & set(parts) or parts[level - 1 : -1][:1] != [changes[row]]:
            raise PatchConflict(f"{shown(name)} is no name in the class {changes[row]!r}. Nothing was changed.")
        if name in taken:
            raise PatchConflict(f"{shown(name)} is taken: move it away. Nothing was changed.")
        taken.add(name)


def moved_name(file: str, label: object, level: int = 1) -> str:
    """The path of an image once its class is ``label``, ignoring others. DataError for an invalid folder name."""
    if not isinstance(label, str) or label in ("", ".", "..") or any(mark in label for mark in "/\\\0"):
        raise DataError(f"{shown(file)} cannot move to the class {label!r}: that is not a folder's name.")
    parts = file.split("/")
    return "/".join([*parts[: level - 1], label, *parts[level:]])


def check_folder_name(label: object, listing: Listing, level: int = 1) -> None:
    """DataError if a label cannot name a new folder on every system, or would hide it."""
    there = {folder.split("/")[level - 1] for folder in listing.folders if folder.count("/") >= level - 1}
    if not isinstance(label, str) or label in there:
        return
    why = None
    if RESERVED.fullmatch(label):
        why = "is reserved on Windows"
    elif label != label.strip() or label.endswith("."):
        why = "begins or ends with a blank or a dot"
    elif label.startswith("."):
        why = "begins with a dot: the folder would be hidden"
    elif FORBIDDEN.search(label):
        why = 'holds one of < > : " | ? * or a control character'
    elif len(label.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        why = f"is longer than {MOST_BYTES} bytes"
    if why is not None:
        raise DataError(f"the class {shown(label)!r} is not a folder's name: it {why}. Decide for another label.")


def _free(name: str, taken: Collection[str]) -> str:
    path = PurePosixPath(name)
    for number in count(1):
        ending = f"-{number}{path.suffix}" if number > 1 else path.suffix
        room = MOST_BYTES - len(ending.encode())
        stem = path.stem.encode()[:room].decode("utf-8", "ignore") if number > 1 else path.stem
        tried = str(path.with_name(f"{stem}{ending}"))
        if _key(tried) not in taken:
            break
    return tried


def _folders(name: str) -> list[str]:
    return [str(folder) for folder in PurePosixPath(name).parents][:-1]


def _key(name: str) -> str:
    """Equal for names that macOS or Windows treat as one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())

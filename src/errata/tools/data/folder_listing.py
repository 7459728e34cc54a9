"""List what is in a folder, at any depth. Links are listed but never followed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from errata.errors import DataError
from errata.tools.data.regular_file import shown

RUN_FOLDER, STORE = ".errata", "store.sqlite"
"""A folder with this ending that contains such a file is errata's own, not part of the surrounding data."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Relative names, sorted. ``links`` lead anywhere or nowhere; ``odd`` are pipes, devices and sockets."""

    files: tuple[str, ...]
    folders: tuple[str, ...]
    links: tuple[str, ...]
    odd: tuple[str, ...]

    @property
    def everything(self) -> tuple[str, ...]:
        return (*self.files, *self.folders, *self.links, *self.odd)


def list_folder(folder: Path) -> Listing:
    """Raises DataError if a part of the folder cannot be listed, rather than leaving it out silently."""
    found: dict[str, list[str]] = {"files": [], "folders": [], "links": [], "odd": []}
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        try:
            with os.scandir(os.path.join(folder, inside)) as entries:  # noqa: PTH118  once a folder: fast
                for entry in entries:
                    name = f"{inside}{entry.name}"
                    kind = _kind(entry)
                    if kind == "folders":
                        if _is_run_folder(entry):
                            continue
                        waiting.append(f"{name}/")
                    found[kind].append(name)
        except OSError as error:
            raise DataError(f"{shown(str(folder / inside))} cannot be listed ({error.strerror})") from error
    return Listing(**{kind: tuple(sorted(names)) for kind, names in found.items()})


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "links"
    if entry.is_dir(follow_symlinks=False):
        return "folders"
    return "files" if entry.is_file(follow_symlinks=False) else "odd"


def _is_run_folder(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(RUN_FOLDER) and Path(entry.path, STORE).exists()

"""The files that an image column may name: those in the data's folder and in folders that the user allowed by name."""

# Every image of a dataset is looked up here, and pathlib is several times slower.
# ruff: noqa: PTH100, PTH110, PTH112, PTH113, PTH114, PTH118, PTH120

from __future__ import annotations

import os.path as paths
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from errata.errors import DataError, SetupError
from errata.tools.data.regular_file import read_regular, shown
from errata.tools.visible import one_line

DRIVE = re.compile(r"[A-Za-z]:(?=[\\/])|\\\\")
"""How a full Windows path begins."""


class ImageFiles:
    """Looks names up in ``folder``, then in each of the ``roots``; never outside them, neither by ``..`` nor by a link.

    ``names`` returns all names of the column. It is called if one fails: to say which folder to allow, and to find
    files under full paths of another machine, where a root stands for the folder that held them all there.
    """

    def __init__(
        self, folder: Path, roots: Sequence[Path] = (), names: Callable[[], Iterable[str]] = lambda: ()
    ) -> None:
        for root in roots:
            if not root.is_dir():
                raise SetupError(f"--image-root {root} is not a folder. Name the one that holds the images.")
        self._folder, self._roots, self._names = str(folder), [str(root) for root in roots], names
        self._allowed = [paths.join(paths.realpath(place), "") for place in (self._folder, *self._roots)]
        self._followed: dict[str, str] = {}
        self._common: dict[str, str] | None = None

    def read(self, name: str) -> bytes:
        """A file's bytes. Raises DataError, which says what to do, if there is none or it may not be read."""
        outside = None
        for path in self._places(name):
            if paths.lexists(path):
                real = self._real(path)
                if self._is_allowed(real):
                    return read_regular(real)
                outside = outside or path
        raise DataError(self._missing(name) if outside is None else self._forbidden(name, outside))

    def allows(self, path: Path) -> bool:
        """Whether the target of a path may be read."""
        return self._is_allowed(paths.realpath(path))

    def _real(self, path: str) -> str:
        """Where a path leads. Each folder is resolved once; ``read_regular`` checks where the file it opened was."""
        folder, last = paths.split(path)
        if folder not in self._followed:
            self._followed[folder] = paths.realpath(folder)
        real = paths.join(self._followed[folder], last)
        return paths.realpath(real) if last in ("", ".", "..") or paths.islink(real) else real

    def _is_allowed(self, real: str) -> bool:
        return any(paths.join(real, "").startswith(place) for place in self._allowed)

    def _places(self, name: str) -> Iterator[str]:
        """Where a name may lead, the likeliest first. A backslash separates a path unless a file has it in its name."""
        for spelling in dict.fromkeys((name, name.replace("\\", "/"))):
            yield from (paths.join(place, spelling) for place in (self._folder, *self._roots))
        there = self._common_folder(name) if self._roots and _is_full(name) else None
        if there is not None:
            tail = paths.relpath(_plain(name), there)
            yield from (paths.join(root, tail) for root in self._roots)

    def _missing(self, name: str) -> str:
        there = self._common_folder(name) if _is_full(name) else None
        if there is None:
            return f"{shown(name)}: No such file in {' or '.join([self._folder, *self._roots])}"
        if self._roots:
            return f"{shown(name)}: No such file, and no --image-root holds what {shown(there)} holds in these paths"
        todo = f"Name the folder that holds here what {shown(there)} holds elsewhere: --image-root DIR"
        return f"{shown(name)}: No such file. {todo}"

    def _forbidden(self, name: str, path: str) -> str:
        """Names what would allow it: the folder of everything that the column names outside, or the target of a
        link."""
        if paths.exists(path) and not paths.isfile(path):
            return f"{shown(name)} is not a file"
        root = self._common_folder(name) or self._end_of_link(path)
        root = paths.dirname(paths.abspath(path)) if root == "/" else root
        todo = f"--image-root {shlex.quote(one_line(root))}"
        return f"{shown(name)} leads out of {self._folder}. If that is meant, allow it: {todo}"

    def _end_of_link(self, path: str) -> str:
        """The folder that a link along the path leads to, or that contains the file it leads to."""
        steps = [Path(paths.abspath(path)), *Path(paths.abspath(path)).parents]
        out = next((step for step in reversed(steps) if self.allows(step.parent) and not self.allows(step)), steps[0])
        end = paths.realpath(out)
        return end if paths.isdir(end) else paths.dirname(end)

    def _common_folder(self, name: str) -> str | None:
        """If a name is outside by its spelling: the common folder of all such names in the column, on the same drive.
        None if it is inside."""
        if self._outside(name) is None:
            return None
        if self._common is None:
            self._common = {}
            for other in (name, *self._names()):
                outside = self._outside(other)
                if outside is not None:
                    start, folder = _start(other), paths.dirname(outside)
                    self._common[start] = paths.commonpath([self._common.get(start, folder), folder])
        return self._common.get(_start(name))

    def _outside(self, name: str) -> str | None:
        """A name that is outside by its spelling, as a full path."""
        if DRIVE.match(name):
            return _plain(name)
        full = paths.abspath(paths.join(self._folder, name))
        return None if full.startswith(paths.join(paths.abspath(self._folder), "")) else full


def _is_full(name: str) -> bool:
    return name.startswith("/") or DRIVE.match(name) is not None


def _start(name: str) -> str:
    drive = DRIVE.match(name)
    return drive[0].upper() if drive else "/"


def _plain(name: str) -> str:
    """A full Windows path with forward slashes and an uppercase drive; any other name unchanged."""
    drive = DRIVE.match(name)
    return paths.normpath((drive[0].upper() + name[drive.end() :]).replace("\\", "/")) if drive else name

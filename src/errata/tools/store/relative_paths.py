"""Where things lie, seen from the run folder: a project that is moved or copied finds its own, and nobody else's."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath


def relative_path(path: Path, folder: Path) -> str:
    """``path`` as seen from ``folder``, with forward slashes; absolute where no relative way leads there (Windows).

    Names count, not what links stand for: a link in the project is a part of it.
    """
    target, start = os.path.abspath(path), os.path.abspath(folder)
    try:
        return PurePosixPath(*Path(os.path.relpath(target, start)).parts).as_posix()
    except ValueError:  # another drive
        return target


def absolute_path(place: str, folder: Path) -> Path:
    """The path behind ``relative_path``."""
    return Path(os.path.normpath(os.path.join(os.path.abspath(folder), place)))


def same_path(one: Path, other: Path) -> bool:
    """The same place by name, or the same file behind two names."""
    return os.path.abspath(one) == os.path.abspath(other) or os.path.realpath(one) == os.path.realpath(other)


def is_inside(path: Path, folder: Path) -> bool:
    """Whether ``path``, with every link followed, is ``folder`` or lies in it."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))

"""Paths relative to the run folder: a project that is moved or copied finds its own files, never another project's."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath


def relative_path(path: Path, folder: Path) -> str:
    """``path`` relative to ``folder``, with forward slashes; absolute if there is no relative path (Windows).

    Names count, not link targets: a link in the project is part of it.
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
    """The same path, or the same file behind two paths."""
    return os.path.abspath(one) == os.path.abspath(other) or os.path.realpath(one) == os.path.realpath(other)


def is_inside(path: Path, folder: Path) -> bool:
    """Whether ``path``, with every link resolved, is ``folder`` or inside it."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))

"""Read a file under an untrusted name: of acceptable size, and nothing that hangs, never ends, or has side effects."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from errata.errors import DataError
from errata.tools.visible import one_line

MAX_BYTES = 256 << 20
"""A larger encoded image is refused; the largest one that is decoded takes about as much."""

NAME_SHOWN = 200
FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


def read_regular(path: str, most: int = MAX_BYTES) -> bytes:
    """A file's bytes; ``path`` is full, without links. Raises DataError if there is no file, or it is empty or too
    large."""
    with _opened(path) as (file, size):
        if size > most:
            raise DataError(f"{shown(path)} has {size / 1e6:,.0f} MB, more than {most / 1e6:,.0f}: shrink it")
        # Not to the end: the file may grow.
        data = file.read(size)
    if not data:
        raise DataError(f"{shown(path)} is empty")
    return data


def read_beginning(path: str, count: int) -> bytes:
    """The first bytes of a file, read the same way."""
    with _opened(path) as (file, size):
        return file.read(min(count, size))


def shown(name: str) -> str:
    """A name on one line, truncated."""
    return one_line(name, NAME_SHOWN)


@contextmanager
def _opened(path: str) -> Iterator[tuple[BinaryIO, int]]:
    """The file, checked again once it is open, and its size. A path that is not a file (a pipe, a device) is not opened
    at all; a file of size zero is not read, since some in /proc never end."""
    try:
        _size(os.lstat(path), path)
        with os.fdopen(os.open(path, FLAGS), "rb") as file:
            _check_place(file.fileno(), path)
            yield file, _size(os.fstat(file.fileno()), path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{shown(path)} cannot be read ({why})") from error


def _check_place(handle: int, path: str) -> None:
    """A folder on the path may have become a link meanwhile. Linux tells where an open file is; some of its file
    systems spell that differently."""
    with suppress(OSError):
        if os.readlink(f"/proc/self/fd/{handle}") != path and os.path.realpath(path) != path:  # noqa: PTH115  it is fast
            raise DataError(f"{shown(path)} leads through a link")


def _size(found: os.stat_result, path: str) -> int:
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{shown(path)} is not a file")
    return found.st_size

"""arrays/run-N/*.npy: large numbers next to the store, written atomically and read memory-mapped.

Each array is followed by a checksum of its name and content, which readers of .npy do not see: otherwise damaged
numbers would be taken for other numbers.
"""

from __future__ import annotations

import os
import threading
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from errata.errors import StoreError
from errata.tools.data.atomic import atomic_write

MARK = b"errata crc32"
SEAL = len(MARK) + 4
BLOCK = 1 << 22
PARSE_TRIES = 5
_parsing = threading.Lock()


class Arrays:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, name: str) -> bool:
        return self._path(name).exists()

    def save(self, name: str, array: np.ndarray[Any, Any]) -> None:
        """SetupError or StoreError if the folder cannot be written."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{self._folder} cannot be made ({error.strerror}). Make room for it, or give another run folder: --run"
            ) from error
        with atomic_write(self._path(name)) as file:
            np.save(file, array, allow_pickle=False)
            _seal(file, self._path(name).name)

    def load(self, name: str) -> np.ndarray[Any, Any]:
        """StoreError, naming the file, if it is damaged or was freed."""
        path = self._path(name)
        try:
            found = path.stat()
            if not _is_whole(path, found.st_size, found.st_mtime_ns):
                raise ValueError("its content is not what was written")
            loaded = _mapped(path)
        except FileNotFoundError:
            raise StoreError(
                f"{path} is gone (freed by errata prune?). errata run on this data makes it again."
            ) from None
        except Exception as error:  # numpy parses the header as Python: damage has no common kind of error
            raise StoreError(
                f"{path} is damaged ({error}). Delete {self._folder} and run the same command again: it is made again, "
                "and no decision or call is lost."
            ) from error
        return loaded

    def names(self, beginning: str) -> list[str]:
        """The names of the saved arrays that begin so, sorted."""
        return sorted(path.stem for path in self._folder.glob(f"{beginning}*.npy"))

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npy"


def _mapped(path: Path) -> np.ndarray[Any, Any]:
    """The array, whose header numpy parses as Python. Until 3.12 CPython counts parser depth across all threads, and
    fails at random if two of them parse at once (gh-106905): detectors do, and libraries may."""
    for _ in range(PARSE_TRIES):
        try:
            with _parsing:
                loaded: np.ndarray[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False)
                return loaded
        except SystemError:
            continue
    raise ValueError("its header cannot be parsed")


def seal_all(folder: Path) -> None:
    """Add the checksum to every array below ``folder`` that was written before there were checksums."""
    for path in sorted(folder.glob("run-*/*.npy")):
        with path.open("r+b") as file:
            file.seek(max(0, path.stat().st_size - SEAL))
            if not file.read().startswith(MARK):
                _seal(file, path.name)


def _seal(file: BinaryIO, name: str) -> None:
    file.seek(0, os.SEEK_END)
    checksum = _checksum(file, name, file.tell())
    file.seek(0, os.SEEK_END)
    file.write(MARK + checksum)


@lru_cache(maxsize=1024)
def _is_whole(path: Path, size: int, _mtime_ns: int) -> bool:
    """Checked once for each state of the file. A file without a checksum was left by an older errata in a folder that
    could not be written."""
    with path.open("rb") as file:
        file.seek(max(0, size - SEAL))
        seal = file.read()
        if not seal.startswith(MARK):
            return not os.access(path, os.W_OK)
        return seal == MARK + _checksum(file, path.name, size - SEAL)


def _checksum(file: BinaryIO, name: str, size: int) -> bytes:
    file.seek(0)
    checksum = zlib.crc32(name.encode())
    while size > 0 and (block := file.read(min(BLOCK, size))):
        checksum = zlib.crc32(block, checksum)
        size -= len(block)
    return checksum.to_bytes(4, "big")

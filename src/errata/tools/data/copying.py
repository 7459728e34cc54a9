"""Copy files and folders completely. Never by hard links: editing the copy in place would edit the original."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from errata.errors import SetupError
from errata.tools.data.atomic import atomic_folder, atomic_write

FICLONE = 0x40049409
"""Linux: lets two files share their blocks until one of them changes. Btrfs and XFS support it."""

SPARE_BYTES = 64 << 20
"""Disk space that a copy leaves free."""

CopyProgress = Callable[[int, int], None]
"""Called with the number of bytes copied, and the total."""


def no_progress(done: int, total: int) -> None:
    pass


def copy_path(source: Path, out: Path) -> None:
    """Make ``out`` a byte-for-byte copy of ``source``, atomically. Copying onto itself does nothing."""
    if out.exists() and out.samefile(source):
        return
    if source.is_dir():
        copy_folder(source, out, {})
        return
    check_space(source.stat().st_size, out.parent)
    with source.open("rb") as bytes_in, atomic_write(out) as bytes_out:
        _copy_bytes(bytes_in, bytes_out)


def copy_folder(source: Path, out: Path, moved: Mapping[str, str], copied: CopyProgress = no_progress) -> None:
    """Copy a folder with everything in it, with some files under other relative names.

    Links to files of the folder become files; other links stay links and are never followed. Raises SetupError, before
    writing anything, if the disk is too full, or something is neither file, folder, nor link.
    """
    paths = sorted(source.rglob("*"))
    sizes = {path: path.stat().st_size for path in paths if _is_file_of(path, source)}
    odd = [path for path in paths if path not in sizes and not path.is_symlink() and not path.is_dir()]
    if odd:
        raise SetupError(f"{odd[0]} is neither a file nor a folder: move it away. Nothing was written.")
    total, done = sum(sizes.values()), 0
    check_space(total, out.parent)
    with atomic_folder(out) as draft:
        for path in paths:
            name = path.relative_to(source).as_posix()
            target = draft / moved.get(name, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path in sizes:
                copy_file(path, target)
                done += sizes[path]
                copied(done, total)
            elif path.is_symlink():
                target.symlink_to(path.readlink())
            else:
                target.mkdir(exist_ok=True)


def copy_file(source: Path, target: Path) -> None:
    """The bytes, the mode, and the times, into a new file; sharing blocks if the file system can."""
    with source.open("rb") as bytes_in, target.open("xb") as bytes_out:
        _copy_bytes(bytes_in, bytes_out)
    shutil.copystat(source, target)


def check_space(size: int, folder: Path) -> None:
    """SetupError if ``folder``'s disk does not have room for this many bytes."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    if size + SPARE_BYTES > free:
        raise SetupError(
            f"{folder} has {free / 1e9:.1f} GB free, and {size / 1e9:.1f} GB are to be written: free some space or "
            "name another place with -o. Nothing was written."
        )


def _is_file_of(path: Path, folder: Path) -> bool:
    """Whether this is a file, or a link to one in the same folder."""
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        return False
    return path.is_file()


def _copy_bytes(source: BinaryIO, target: BinaryIO) -> None:
    if not _share_blocks(source.fileno(), target.fileno()):
        shutil.copyfileobj(source, target, 1 << 20)


def _share_blocks(source: int, target: int) -> bool:
    """Whether the file system made one file share the other's blocks."""
    try:
        import fcntl

        fcntl.ioctl(target, FICLONE, source)
    except (ImportError, OSError):
        return False
    return True

"""Atomic writing: after any crash, a path holds either its old content or all of its new content, never a part."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from errata.errors import PatchConflict, SetupError


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A file to write into; it replaces ``path`` when the block ends, and disappears if the block raises.

    If the system supports unnamed files (Linux), not even a kill -9 leaves anything behind. A link is followed, and an
    existing file's mode kept. Raises SetupError if the system refuses: a full disk, no such folder, no permission.
    """
    path = path.resolve()
    with _explained(path):
        file, name = _open_beside(path)
        try:
            with file:
                yield file
                file.flush()
                if path.exists():
                    os.fchmod(file.fileno(), path.stat().st_mode & 0o7777)
                os.fsync(file.fileno())
                name = name or _give_name(file, path)
                name.replace(path)
        except BaseException:
            if name is not None:
                name.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A new empty folder to fill; it replaces ``path`` when the block ends, and is removed if the block raises.

    An existing folder at ``path`` is exchanged in one step if the system can, and removed afterwards. A kill can leave
    a partly filled folder behind, under a hidden name next to ``path``.
    """
    path = path.resolve()
    with _explained(path):
        draft = _hidden_name(path)
        draft.mkdir()
        try:
            yield draft
            _sync_tree(draft)
            if path.exists():
                exchange(draft, path)
            else:
                draft.rename(path)
            _sync_folder(path.parent)
        finally:
            # After an exchange this is the old folder.
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{path} could not be written ({error.strerror or error})"
        todo = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "choose another place"
        raise SetupError(f"{what}; what was there before is still there. Put it right or {todo}.") from error


def _hidden_name(path: Path) -> Path:
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.errata-tmp")


def _open_beside(path: Path) -> tuple[BinaryIO, Path | None]:
    """A file on the same file system as ``path``, and its name, None if it has none."""
    if hasattr(os, "O_TMPFILE"):
        # Some file systems (NFS, older overlays) do not support it; then the file has a name from the start.
        with suppress(OSError):
            return os.fdopen(os.open(path.parent, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b"), None
    name = _hidden_name(path)
    return name.open("x+b"), name


def _give_name(file: BinaryIO, path: Path) -> Path:
    """Links an unnamed file into its folder, so that it can be renamed."""
    name = _hidden_name(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # Given a folder, Python calls linkat and follows /proc's link; otherwise link, which does not.
        os.link(f"/proc/self/fd/{file.fileno()}", name, src_dir_fd=folder)
    finally:
        os.close(folder)
    return name


def put_in_place(draft: Path, out: Path, expected: Callable[[Path], bool]) -> None:
    """``draft``, a complete file or folder, replaces ``out`` in one step; afterwards the draft is gone.

    The replaced content is checked once it can no longer be changed by name: if it is not as ``expected``, it is
    restored and PatchConflict is raised. Raises SetupError if the system refuses.
    """
    with _explained(out):
        near = draft if draft.stat().st_dev == out.parent.stat().st_dev else _brought_near(draft, out)
        if not os.path.lexists(out):
            near.rename(out)
        else:
            shutil.copymode(out, near)
            exchange(near, out)
            if not expected(near):
                exchange(near, out)
                raise PatchConflict(f"{out} was changed while it was being replaced. It was left as it is: try again.")
        remove(near)
        remove(draft)
        _sync_folder(out.parent)


def _brought_near(draft: Path, out: Path) -> Path:
    near = _hidden_name(out)
    if draft.is_dir():
        shutil.copytree(draft, near, symlinks=True)
        _sync_tree(near)
    else:
        shutil.copyfile(draft, near)
    return near


def remove(path: Path) -> None:
    """Remove a file, a link, or a whole folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def exchange(one: Path, other: Path) -> None:
    """Swap two files or folders, in one step on Linux (renameat2), otherwise in three renames."""
    import ctypes

    at_fdcwd, rename_exchange = -100, 2
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    if swap is not None and swap(at_fdcwd, os.fsencode(one), at_fdcwd, os.fsencode(other), rename_exchange) == 0:
        return
    aside = _hidden_name(other)
    other.rename(aside)
    one.rename(other)
    aside.rename(one)


def _sync_tree(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_symlink():
            continue
        if file.is_dir():
            _sync_folder(file)
        else:
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Copying files and folders whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from errata.tools.data.atomic import atomic_folder, atomic_write


def copy_path(source: Path, out: Path) -> None:
    """``out`` becomes what ``source`` is, byte for byte, atomically. Copying onto itself does nothing."""
    if out.exists() and out.samefile(source):
        return
    if source.is_dir():
        copy_folder(source, out, {})
        return
    with source.open("rb") as bytes_in, atomic_write(out) as bytes_out:
        shutil.copyfileobj(bytes_in, bytes_out, 1 << 20)


def copy_folder(source: Path, out: Path, moved: Mapping[str, str]) -> None:
    """A folder with everything in it, some files under other relative names; by hard links where there can be."""
    with atomic_folder(out) as draft:
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source).as_posix()
            target = draft / moved.get(name, name)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                _link_or_copy(path, target)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source.resolve(), target)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, target)

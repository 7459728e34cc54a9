"""Rename the files of a folder such that a crash at any moment can be completed or reverted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from errata.errors import PatchConflict


def rename_all(folder: Path, moves: Sequence[tuple[str, str]]) -> None:
    """Move each file from its first relative name to its second; files already moved stay.

    Nothing is ever overwritten. Raises PatchConflict, before any move, if a file is at neither place or at both, or is
    a link.
    """
    waiting = [(folder / old, folder / new) for old, new in moves if not _is_moved(folder / old, folder / new)]
    for old, new in waiting:
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)


def moved_share(folder: Path, moves: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """How many files are at their second name, and how many at their first."""
    there = [((folder / old).exists(), (folder / new).exists()) for old, new in moves]
    return sum(new and not old for old, new in there), sum(old and not new for old, new in there)


def _is_moved(old: Path, new: Path) -> bool:
    if old.is_symlink() or new.is_symlink():
        raise PatchConflict(f"{old} is a link: errata moves no links in place. Apply into a copy: errata apply -o DIR")
    if old.exists() and new.exists():
        raise PatchConflict(f"{new} is there, and {old} was to be moved to it. Nothing was moved.")
    if not old.exists() and not new.exists():
        raise PatchConflict(f"{old} is gone, and is not at {new} either. Nothing was moved.")
    return new.exists()

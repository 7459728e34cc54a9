"""Find what a run folder no longer needs, and free it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from errata.agent.run.applied import standing_patches
from errata.agent.run.list_runs import current_runs, size_of
from errata.tools.data.atomic import remove
from errata.tools.store import RunInfo, Store
from errata.tools.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Removable:
    """What errata prune may remove: whole files and folders of the run folder, with the reason for each."""

    path: Path
    why: str
    size: int


def to_free(folder: RunFolder) -> list[Removable]:
    """Arrays of replaced runs, backups that no applied patch needs, copies of the store from before an upgrade, and
    drafts left by a killed command."""
    store = Store(folder)
    try:
        runs = store.all_runs()
        current = current_runs(runs, folder.path)
        needed = {patch.backup for patch in standing_patches(store)}
        return list(_to_free(folder, [run for run in runs if run.run_id not in current], needed))
    finally:
        store.close()


def free(folder: RunFolder, found: Sequence[Removable]) -> int:
    """Remove these; returns the bytes freed."""
    with folder.lock():
        for one in found:
            remove(one.path)
    return sum(one.size for one in found)


def _to_free(folder: RunFolder, old: Sequence[RunInfo], needed: set[Path | None]) -> Iterator[Removable]:
    for run in old:
        arrays = folder.arrays(run.run_id)
        if arrays.exists():
            yield Removable(arrays, f"arrays of run {run.run_id}, which another run has replaced", size_of(arrays))
    for backup in sorted(folder.backups.glob("*")):
        if backup not in needed:
            yield Removable(backup, "a backup that no applied patch needs", size_of(backup))
    for copy in sorted(folder.path.glob("store.version-*.sqlite")):
        yield Removable(copy, "the store as it was before an upgrade", size_of(copy))
    for draft in sorted(folder.drafts.glob("*")):
        yield Removable(draft, "a draft that was not finished", size_of(draft))

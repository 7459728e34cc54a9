"""Which runs a folder holds, what they take on the disk, and what of it can be freed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errata.agent.contributions import Contributions, Judging, Queue
from errata.agent.run.applied import standing_patches
from errata.tools.data.atomic import remove
from errata.tools.store import RunInfo, Store
from errata.tools.store.choose_run import choose_run
from errata.tools.store.place import absolute_place
from errata.tools.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Freed:
    """What errata prune takes away: whole files and folders of the run folder, and why each is not needed."""

    path: Path
    why: str
    size: int


def runs_of(folder: RunFolder) -> list[dict[str, Any]]:
    """JSON-plain, oldest first: number, data, columns, state, bytes of its arrays, and whether it is the one that goes
    on for its label column."""
    store = Store(folder)
    try:
        runs = store.all_runs()
        current = _current(runs, folder.path)
        return [_told(run, folder, run.run_id in current, _state(store, run)) for run in runs]
    finally:
        store.close()


def to_free(folder: RunFolder) -> list[Freed]:
    """Arrays of runs that another one has taken the place of, backups that no standing patch needs, copies of the store
    from before an upgrade, and drafts that a killed command left."""
    store = Store(folder)
    try:
        runs = store.all_runs()
        current = _current(runs, folder.path)
        needed = {patch.backup for patch in standing_patches(store)}
        return list(_to_free(folder, [run for run in runs if run.run_id not in current], needed))
    finally:
        store.close()


def free(folder: RunFolder, found: Sequence[Freed]) -> int:
    """Take these away; how many bytes that frees."""
    with folder.lock():
        for one in found:
            remove(one.path)
    return sum(one.size for one in found)


def _to_free(folder: RunFolder, old: Sequence[RunInfo], needed: set[Path | None]) -> Iterator[Freed]:
    for run in old:
        arrays = folder.arrays(run.run_id)
        if arrays.exists():
            yield Freed(
                arrays, f"arrays of run {run.run_id}, which another run has taken the place of", size_of(arrays)
            )
    for backup in sorted(folder.backups.glob("*")):
        if backup not in needed:
            yield Freed(backup, "a backup that no applied patch needs", size_of(backup))
    for copy in sorted(folder.path.glob("store.version-*.sqlite")):
        yield Freed(copy, "the store as it was before an upgrade", size_of(copy))
    for draft in sorted(folder.drafts.glob("*")):
        yield Freed(draft, "a draft that was not finished", size_of(draft))


def _current(runs: Sequence[RunInfo], folder: Path) -> set[int]:
    """The runs that go on: of each file and label column the one that a command takes."""
    asked = {(absolute_place(run.data_path, folder), run.label_column) for run in runs}
    return {choose_run(runs, folder, data=data, label=label).run.run_id for data, label in asked}


def _told(run: RunInfo, folder: RunFolder, goes_on: bool, state: str) -> dict[str, Any]:
    return {
        "number": run.run_id,
        "data": str(absolute_place(run.data_path, folder.path)),
        "label": run.label_column,
        "content": [column for column in run.content_columns if column],
        "judges": list(run.settings.get("judge") or ()),
        "started_at": run.started_at,
        "state": state,
        "arrays_bytes": size_of(folder.arrays(run.run_id)),
        "goes_on": goes_on,
    }


def _state(store: Store, run: RunInfo) -> str:
    left = Contributions.of_run(store, run.run_id)
    judging = left.find(Judging)
    if left.find(Queue) is None:
        return "not scanned to its end"
    if not run.judged:
        return "scanned"
    if judging is None:
        return "not judged to its end"
    return f"stopped: {judging.stopped}" if judging.stopped else "judged"


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder; 0 where there is none."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())

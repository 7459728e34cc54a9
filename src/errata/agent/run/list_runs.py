"""List the runs of a folder, their progress, and their size on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from errata.agent.contributions import Contributions, Judging, Queue
from errata.tools.store import RunInfo, Store
from errata.tools.store.choose_run import choose_run
from errata.tools.store.relative_paths import absolute_path
from errata.tools.store.run_folder import RunFolder


def runs_of(folder: RunFolder) -> list[dict[str, Any]]:
    """JSON-plain, oldest first: number, data, columns, state, bytes of its arrays, and whether it is the current run of
    its label column."""
    store = Store(folder)
    try:
        runs = store.all_runs()
        current = current_runs(runs, folder.path)
        return [_described(run, folder, run.run_id in current, _state(store, run)) for run in runs]
    finally:
        store.close()


def current_runs(runs: Sequence[RunInfo], folder: Path) -> set[int]:
    """The current runs: for each file and label column, the one that a command uses."""
    asked = {(absolute_path(run.data_path, folder), run.label_column) for run in runs}
    return {choose_run(runs, folder, data=data, label=label).run.run_id for data, label in asked}


def _described(run: RunInfo, folder: RunFolder, goes_on: bool, state: str) -> dict[str, Any]:
    return {
        "number": run.run_id,
        "data": str(absolute_path(run.data_path, folder.path)),
        "label": run.label_column,
        "content": [column for columns in run.content_columns for column in columns],
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
    """Bytes of a file, or of all files of a folder; 0 if it does not exist."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())

"""Which of a folder's runs a command means: decided by what was typed, never just the newest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from errata.errors import SetupError, nearest
from errata.tools.store.relative_paths import absolute_path, same_path
from errata.tools.store.store import RunInfo


@dataclass(frozen=True, slots=True)
class Chosen:
    """``line`` says which run was chosen if there were several; otherwise it is empty."""

    run: RunInfo
    line: str = ""


def choose_run(runs: Sequence[RunInfo], folder: Path, *, data: Path | None = None, label: str | None = None) -> Chosen:
    """The current run among those on this data and this label column.

    Without a label column, that of the run worked on last. Among the runs on its data, the judged one worked on last,
    so that a later scan does not hide what the judges said. SetupError if there is no such run.
    """
    of_data = [run for run in runs if data is None or same_path(absolute_path(run.data_path, folder), data)]
    found = sorted(of_data, key=lambda run: run.turn)
    if not found:
        others = ", ".join(dict.fromkeys(str(absolute_path(run.data_path, folder)) for run in runs)) or "nothing"
        raise SetupError(f"{folder} holds runs of {others}, none of {data}. Start one: errata run {data} --label COL")
    columns = list(dict.fromkeys(run.label_column for run in found))
    if label is not None and label not in columns:
        raise SetupError(f"{folder} holds no run of the label column {label!r}{nearest(label, columns)}.")
    newest = [run for run in found if label is None or run.label_column == label][-1]
    alike = [run for run in found if _subject(run) == _subject(newest)]
    run = next((run for run in reversed(alike) if run.judged), newest)
    return Chosen(run, _line(run, newest, columns if label is None else []))


def _subject(run: RunInfo) -> tuple[object, ...]:
    return run.data_path, run.data_sha256, run.label_column, run.content_columns


def _line(run: RunInfo, newest: RunInfo, columns: Sequence[str]) -> str:
    if len(columns) > 1:
        others = ", ".join(f"--label {quote(name)}" for name in columns if name != run.label_column)
        return f"taking run {run.run_id}, of the label column {run.label_column!r} (others: {others})"
    if run is not newest:
        return f"taking run {run.run_id}, the newest with a judge, not the scan after it (--number {newest.run_id})"
    return ""

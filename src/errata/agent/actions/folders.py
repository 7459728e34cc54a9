"""List the runs of a run folder, and free disk space in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from errata.agent.actions.action import Action, Inputs, NoInputs
from errata.agent.actions.session import Session
from errata.agent.run import free_space
from errata.agent.run.free_space import Removable
from errata.agent.run.list_runs import runs_of, size_of
from errata.errors import SetupError, StoreError
from errata.tools.store.run_folder import RunFolder, find_run


class WhichFolder(Inputs):
    run: str | None = Field(default=None, description="A run folder or the data's path; by default all folders here.")


class Paths(Inputs):
    paths: tuple[Path, ...] = Field(description="Which of them to free, as removable named them.")


@dataclass(frozen=True, slots=True)
class FolderOfRuns:
    """``size`` is in bytes on disk. ``runs`` are oldest first."""

    path: str
    size: int
    runs: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Freed:
    """``size`` is in bytes."""

    paths: tuple[Path, ...]
    size: int


def _runs(session: Session, given: WhichFolder) -> list[FolderOfRuns]:
    folders = [find_run(given.run, session.here).folder] if given.run else _all_here(session.here)
    return [FolderOfRuns(str(folder.path), size_of(folder.path), runs_of(folder)) for folder in folders]


def _all_here(here: Path) -> list[RunFolder]:
    return [RunFolder(store.parent) for store in sorted(here.glob("*.errata/store.sqlite"))]


def _removable(session: Session, _: NoInputs) -> list[Removable]:
    return free_space.to_free(_folder(session))


def _prune(session: Session, given: Paths) -> Freed:
    wanted = [one for one in free_space.to_free(_folder(session)) if one.path in given.paths]
    return Freed(_paths(wanted), free_space.free(_folder(session), wanted))


def _paths(found: Sequence[Removable]) -> tuple[Path, ...]:
    return tuple(one.path for one in found)


def _folder(session: Session) -> RunFolder:
    if session.folder is None:
        raise SetupError("No run folder is named. errata runs lists those here.")
    return session.folder


RUNS = Action(
    "runs",
    "The runs of a run folder, or of all run folders here: their data and columns, their progress, which one is "
    "current, and their size on disk.",
    "read",
    WhichFolder,
    list[FolderOfRuns],
    (SetupError, StoreError),
    _runs,
)
REMOVABLE = Action(
    "removable",
    "What the run folder no longer needs, how large each part is, and why: arrays replaced by later runs, old backups, "
    "unfinished drafts. Frees nothing.",
    "read",
    NoInputs,
    list[Removable],
    (SetupError, StoreError),
    _removable,
)
PRUNE = Action(
    "prune",
    "Permanently free parts of the run folder that removable listed. Decisions, calls and patches stay.",
    "write",
    Paths,
    Freed,
    (SetupError, StoreError),
    _prune,
)

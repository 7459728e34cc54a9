"""errata from Python: the same steps as on the command line, with values instead of printed words."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from errata.agent.decisions import apply as applying
from errata.agent.decisions import approval, moments
from errata.agent.decisions import revert as reverting
from errata.agent.decisions import undo as undoing
from errata.agent.decisions.apply import Applied
from errata.agent.decisions.approval import DecidedMany, Person
from errata.agent.decisions.revert import Reverted
from errata.agent.decisions.undo import Undone
from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.agent.run.stored import confirmed
from errata.agent.run.workspace import Workspace
from errata.agent.views import results
from errata.agent.views.status import status_of
from errata.settings import Settings, load_settings
from errata.tools.judging.spec import check_forms
from errata.tools.patch import PatchLine
from errata.tools.store.run_folder import RunFolder
from errata.types import Answer


def open(path: str | Path, *, run: str | Path | None = None, **settings: Any) -> Run:
    """The run of this data; ``settings`` are those of the command line (text, image, label, id, probs, guideline, ...).

    No data is read and nothing written before the first step. Raises SetupError for a setting that does not exist, and
    for a judge, a host, a price or a file elsewhere that an errata.toml here names and ``settings`` do not.
    """
    data, folder = Path(path), Path(run) if run else None
    run_folder = folder or RunFolder.beside(data).path
    return Run(data, confirmed(load_settings(**settings), settings, data, run_folder), folder)


@dataclass
class Run:
    """One dataset, its evidence, its proposals and what people decided; everything lives in the run folder."""

    data: Path
    settings: Settings
    folder: Path | None = None
    _workspace: Workspace | None = None

    def scan(self) -> dict[str, Any]:
        """Detectors alone; no model is asked. Returns where the run stands, as `errata status --json` does."""
        return self._drive(())

    def judge(self, *judges: str, budget: str = "") -> dict[str, Any]:
        """Put the suspects before these judges (MODEL@URL, a folder, replay:RUN_FOLDER), within ``budget``."""
        return self._drive(judges, budget)

    @property
    def results(self) -> list[dict[str, Any]]:
        """One row per item: item_id, given_label, status, outcome, proposed_label (of ``relabel`` alone), confidence,
        quality (low = bad), best_other_label."""
        return results.result_rows(self._open())

    def results_with(self, *columns: str) -> list[dict[str, Any]]:
        """The same with these columns of the data, each under ``data.NAME``. DataError for one that is not there."""
        return results.result_rows(self._open(), columns)

    @property
    def proposals(self) -> list[dict[str, Any]]:
        """The rows that a person should look at, the most suspicious first."""
        found = [row for row in self.results if row["outcome"] in approval.OPEN_OUTCOMES]
        return sorted(found, key=lambda row: row["quality"])

    def decide(self, item_id: str, answer: Answer, label: str | None = None, *, by: str | None = None) -> None:
        """A person's decision on one item. In code that means: the person who runs it."""
        approval.decide(self._open(), self._person(by), item_id, answer, label)

    def accept(self, where: str, *, by: str | None = None) -> DecidedMany:
        """Accept the open proposals that ``where`` matches; recorded as a rule."""
        return approval.decide_where(self._open(), self._person(by), True, where)

    def reject(self, where: str, *, by: str | None = None) -> DecidedMany:
        return approval.decide_where(self._open(), self._person(by), False, where)

    def undo(
        self,
        *,
        events: Sequence[int | range] = (),
        where: str | None = None,
        since: datetime | str | None = None,
        by: str | None = None,
    ) -> Undone:
        """Take decisions back: the last one, whoever made it (all of a rule's at once), or what all of these name.

        ``events`` are numbers of the log; ``since`` is a time, ``"30m"`` or ISO 8601; ``by`` is who takes them back.
        What was applied stays applied until ``revert``.
        """
        moment = moments.since(since) if isinstance(since, str) else since
        return undoing.undo(self._open(), self._person(by), events=events, where=where, since=moment)

    def diff(self) -> list[PatchLine]:
        """The label changes that have been decided."""
        return applying.changes(self._open())

    def apply(self, out: str | Path | None = None, *, in_place: bool = False) -> Applied:
        return applying.apply(self._open(), Path(out) if out else None, in_place=in_place)

    def revert(self, out: str | Path | None = None) -> Reverted:
        return reverting.revert(self._open(), Path(out) if out else None)

    def close(self) -> None:
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None

    def _drive(self, judges: tuple[str, ...], budget: str = "") -> dict[str, Any]:
        self.close()
        check_forms(judges)
        asked = {"judge": judges, "budget": budget or self.settings.budget}
        self.settings = Settings.model_validate(dict(self.settings) | asked)
        workspace = self._open()
        drive(workspace, lambda step, done, total: None)
        return status_of(workspace)

    def _open(self) -> Workspace:
        if self._workspace is None:
            self._workspace = begin(self.data, self.settings, self.folder)
        return self._workspace

    def _person(self, by: str | None) -> Person:
        return Person(by or getpass.getuser(), self._open().folder.own_token())

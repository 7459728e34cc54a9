"""errata from Python: the same steps as on the command line, returning values instead of printing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from errata.agent.actions.changing import APPLY, REVERT, Applied, Reverted
from errata.agent.actions.deciding import DECIDE, DECIDE_WHERE, UNDO, DecidedMany, Undone
from errata.agent.actions.history import DIFF, PatchLine
from errata.agent.actions.perform import perform
from errata.agent.actions.permission import permission_of
from errata.agent.actions.running import BEGIN, RUN, SCAN, SETTINGS
from errata.agent.actions.session import Session
from errata.agent.actions.tables import PROPOSALS, RESULTS
from errata.settings import Settings
from errata.types import Answer


def open(path: str | Path, *, run: str | Path | None = None, **settings: Any) -> Run:
    """The run of this data; ``settings`` are those of the command line (text, image, label, id, probs, guideline, ...).

    No data is read and nothing is written before the first step. Raises SetupError for a setting that does not exist,
    and for a judge, a host, a price, or a file elsewhere that an errata.toml here names but ``settings`` do not.
    """
    data, folder = Path(path), Path(run) if run else None
    return Run(
        data, perform(SETTINGS, _whoever_runs_this(), data=data, run_dir=folder, typed=settings, go_on=False), folder
    )


def _whoever_runs_this() -> Session:
    """In code, the acting person is the one who runs it."""
    return Session(permission_of())


@dataclass
class Run:
    """One dataset, its evidence, its proposals, and people's decisions; everything is stored in the run folder."""

    data: Path
    settings: Settings
    folder: Path | None = None
    _session: Session = field(default_factory=_whoever_runs_this, repr=False)

    def scan(self) -> dict[str, Any]:
        """Run the detectors only, without asking a model. Returns the status, as `errata status --json` does."""
        self._begin((), "")
        return perform(SCAN, self._session)

    def judge(
        self, *judges: str, budget: str = "", yes: bool = False, retry_unreadable: bool = False
    ) -> dict[str, Any]:
        """Ask these judges about the suspects (MODEL@URL, a folder, replay:RUN_FOLDER), within ``budget``.

        Without a budget, a job that takes more than ten minutes or costs money needs ``yes``; SetupError says how much
        it takes. ``retry_unreadable``: ask again about what could not be read, and what was refused.
        """
        self._begin(judges, budget)
        return perform(RUN, self._session, yes=yes, retry_unreadable=retry_unreadable)

    @property
    def results(self) -> list[dict[str, Any]]:
        """One row per item: item_id, given_label, status, outcome, proposed_label (only for ``relabel``), confidence,
        quality (low = bad), best_other_label."""
        return perform(RESULTS, self._open())

    def results_with(self, *columns: str) -> list[dict[str, Any]]:
        """The same with these columns of the data, each under ``data.NAME``. DataError for one that does not exist."""
        return perform(RESULTS, self._open(), columns=columns)

    @property
    def proposals(self) -> list[dict[str, Any]]:
        """The rows that a person should look at, the most suspicious first."""
        return perform(PROPOSALS, self._open())

    def decide(self, item_id: str, answer: Answer, label: str | None = None, *, by: str | None = None) -> None:
        """Record a person's decision on one item: in code, by the person who runs it."""
        perform(DECIDE, self._open(by), item_id=item_id, answer=answer, label=label)

    def accept(self, where: str, *, by: str | None = None) -> DecidedMany:
        """Accept the open proposals that ``where`` matches; recorded as a rule."""
        return perform(DECIDE_WHERE, self._open(by), accept=True, where=where)

    def reject(self, where: str, *, by: str | None = None) -> DecidedMany:
        return perform(DECIDE_WHERE, self._open(by), accept=False, where=where)

    def undo(
        self,
        *,
        events: Sequence[int | range] = (),
        where: str | None = None,
        since: datetime | str | None = None,
        by: str | None = None,
    ) -> Undone:
        """Take decisions back: the last one, whoever made it (everything a rule decided at once), or what all of these
        select.

        ``events`` are event numbers; ``since`` is a time, ``"30m"`` or ISO 8601; ``by`` is who takes them back. What
        was applied stays applied until ``revert``.
        """
        return perform(UNDO, self._open(by), events=events, where=where, since=since)

    def diff(self) -> list[PatchLine]:
        """The label changes that have been decided."""
        return perform(DIFF, self._open())

    def apply(self, out: str | Path | None = None, *, in_place: bool = False) -> Applied:
        return perform(APPLY, self._open(), out=out or None, in_place=in_place)

    def revert(self, out: str | Path | None = None) -> Reverted:
        return perform(REVERT, self._open(), out=out or None)

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _begin(self, judges: tuple[str, ...], budget: str) -> None:
        asked = {"judge": judges, "budget": budget or self.settings.budget}
        settings = Settings.model_validate(dict(self.settings) | asked)
        perform(BEGIN, self._session, data=self.data, settings=settings, run_dir=self.folder, named=judges)
        self.settings = settings

    def _open(self, by: str | None = None) -> Session:
        """The session with the run open, for the acting person."""
        if not self._session.is_open:
            perform(BEGIN, self._session, data=self.data, settings=self.settings, run_dir=self.folder)
        return self._session if by is None else replace(self._session, permission=permission_of(by))

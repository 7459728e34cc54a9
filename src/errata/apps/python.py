"""errata from Python: the same steps as on the command line, returning values instead of printing."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from errata.agent.actions.changing import APPLY, REVERT, Applied, Reverted
from errata.agent.actions.deciding import DECIDE, DECIDE_WHERE, UNDO, DecidedMany, Undone
from errata.agent.actions.history import DIFF, PatchLine
from errata.agent.actions.looking import STATUS
from errata.agent.actions.perform import perform
from errata.agent.actions.permission import permission_of
from errata.agent.actions.running import BEGIN, RUN, SCAN, SETTINGS
from errata.agent.actions.session import Session
from errata.agent.actions.tables import PAGE, PROPOSALS, RESULTS
from errata.errors import DataError, SetupError
from errata.settings import Settings
from errata.tools.data.frames import Frame, frame_of, frame_path, keep, with_labels
from errata.types import Answer


def open(data: Any, *, name: str | None = None, run: str | Path | None = None, **settings: Any) -> Run:
    """The run of this data; ``settings`` are those of the command line (text, image, label, id, probs, guideline, ...).

    ``data``: a path, or a frame: a DataFrame of pandas or polars, a pyarrow.Table, or a datasets.Dataset. A frame has a
    ``name``: its run folder is NAME.errata here, or ``run``, and the same frame under the same name goes on. Paths of
    images in it are relative to the current folder.

    No data is read and nothing is written before the first step. Raises SetupError for a setting that does not exist,
    and for a judge, a host, a price, or a file elsewhere that an errata.toml here names but ``settings`` do not.
    """
    frame, folder = frame_of(data), Path(run) if run else None
    if frame is not None:
        path = frame_path(name, folder)
        folder = path.parent.parent
        if settings.get("image"):
            settings["image_root"] = (Path.cwd(), *settings.get("image_root", ()))
    elif name is not None:
        raise SetupError(f"name={name!r} is for a frame: a file has its own. To choose the run folder, pass run=.")
    elif isinstance(data, str | Path):
        path = Path(data)
    else:
        kind = type(data).__name__
        raise SetupError(f"errata.open takes a path, a DataFrame, a pyarrow.Table or a datasets.Dataset, got a {kind}.")
    given = perform(SETTINGS, _whoever_runs_this(), data=path, run_dir=folder, typed=settings, go_on=False)
    return Run(path, given, folder, frame)


def _whoever_runs_this() -> Session:
    """In code, the acting person is the one who runs it."""
    return Session(permission_of())


@dataclass
class Run:
    """One dataset, its evidence, its proposals, and people's decisions; everything is stored in the run folder."""

    data: Path
    settings: Settings
    folder: Path | None = None
    _frame: Frame | None = field(default=None, repr=False)
    _kept: bool = field(default=False, repr=False)
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

    def proposals_frame(self) -> Any:
        """``proposals`` as a frame of the kind that was opened. SetupError if that was a file."""
        rows = self.proposals
        names = [*(rows or self.results)[0]]
        return self._given_frame.of_columns({name: [row[name] for row in rows] for name in names})

    @property
    def changed(self) -> Any:
        """The frame that was opened with the labels that ``apply`` changed, another object of the same kind; the frame
        itself, if nothing is applied. SetupError if a file was opened, DataError if the applied file was edited or is
        gone."""
        frame = self._given_frame
        for one in perform(STATUS, self._open())["applied"]:
            if one["state"] != "applied":
                raise DataError(f"{one['output']} is not as errata wrote it. Move it away, and run.apply() again.")
            frame = with_labels(frame, self.data, Path(one["output"]), one["label"])
        return frame.source

    @property
    def page(self) -> str:
        """The run on one page of HTML without scripts, as a notebook shows it: counts, flow, and the worst items."""
        return perform(PAGE, self._open())

    def _repr_html_(self) -> str:
        """Nothing in the page reaches the notebook: it is shown in a frame in which nothing may run."""
        try:
            page = self.page if self._session.is_open else None
        except SetupError:  # it is open, and nothing is proposed yet
            page = None
        if page is None:
            return f"<p>errata: {html.escape(self.data.name)}. To look for wrong labels: <code>run.scan()</code></p>"
        return f'<iframe sandbox style="width:100%;height:640px;border:0" srcdoc="{html.escape(page)}"></iframe>'

    def decide(
        self,
        item_id: str,
        answer: Answer,
        label: str | None = None,
        *,
        place: str | None = None,
        by: str | None = None,
    ) -> None:
        """Record a person's decision on one item, or on one ``place`` of it: in code, by the person who runs it."""
        perform(DECIDE, self._open(by), item_id=item_id, answer=answer, label=label, place=place)

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

    def apply(self, out: str | Path | None = None, *, in_place: bool = False, into: str | None = None) -> Applied:
        """Write the decided changes into a file: NAME.relabeled.EXT beside the data (a frame's: beside the run folder),
        ``out``, or the data itself. ``into``: a new column for the labels, which leaves the given ones alone."""
        return perform(APPLY, self._open(), out=out or None, in_place=in_place, into=into)

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
        self._keep_frame()
        perform(BEGIN, self._session, data=self.data, settings=settings, run_dir=self.folder, named=judges)
        self.settings = settings

    def _open(self, by: str | None = None) -> Session:
        """The session with the run open, for the acting person."""
        if not self._session.is_open:
            self._keep_frame()
            perform(BEGIN, self._session, data=self.data, settings=self.settings, run_dir=self.folder)
        return self._session if by is None else replace(self._session, permission=permission_of(by))

    def _keep_frame(self) -> None:
        """Once: what the frame holds at the first step is what the run is about."""
        if self._frame is not None and not self._kept:
            keep(self._frame, self.data)
            self._kept = True

    @property
    def _given_frame(self) -> Frame:
        if self._frame is None:
            raise SetupError(f"{self.data} is a file, and no frame was opened: its changes are in run.apply().output.")
        return self._frame

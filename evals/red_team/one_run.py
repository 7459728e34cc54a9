"""One run of errata over the news with one judge, and its proposals with and without each defense."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from errata.agent.drive import drive
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.view import View
from errata.agent.roles.adjudicator import propose
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.settings import Settings
from errata.tools.inference.held_back import NAMED, moved
from errata.types import Proposal
from evals.red_team.news import Story, write
from evals.red_team.obedient import Judge
from evals.red_team.server import gullible_server

Proposals = Mapping[str, Proposal]
"""Item id -> its proposal."""


@dataclass(frozen=True, slots=True)
class Run:
    """``proposed``: the proposals with the patterns "on" and "off"; ``unblanked``: the same if no label name had been
    blanked out. ``margin``: item id -> log-odds of the given label over the likeliest other one, by the scan.
    ``controlled``: the ids of items that were judged with a control. ``used``: under how many protocols the judge was
    used; ``accuracy``: the lowest one measured; ``calls``: the number of calls."""

    proposed: Mapping[str, Proposals]
    unblanked: Mapping[str, Proposals]
    margin: Mapping[str, float]
    controlled: frozenset[str]
    used: int
    accuracy: float
    calls: int


def judged(stories: Sequence[Story], judge: Judge, protocols: Sequence[str], *, attacked: bool) -> Run:
    """Judge the stories, with their attacks or without, by this judge."""
    with tempfile.TemporaryDirectory() as folder, gullible_server(judge.beliefs) as server:
        return run(write(Path(folder) / "news.csv", stories, attacked), server, protocols)


def run(data: Path, judge: str, protocols: Sequence[str]) -> Run:
    """Judge all items, suspects or not, and make all proposals from the same evidence."""
    values = {"text": "text", "label": "label", "id": "id", "judge": (judge,), "embedder": "plain"}
    settings = Settings.model_validate(values | {"random_share": 1.0, "protocols": tuple(protocols)})
    workspace = begin(data, settings)
    try:
        drive(workspace, no_progress)
        view = Snapshot.of(workspace).view
        records = view.track_records.values()
        return Run(
            proposed=_both(view),
            unblanked=_both(
                replace(view, control_verdicts=[one for one in view.control_verdicts if not moved(one, NAMED)])
            ),
            margin=_margins(view),
            controlled=frozenset(view.rows[one.idx].item_id for one in view.control_verdicts),
            used=sum(record.used for record in records),
            accuracy=min((record.accuracy for record in records), default=0.0),
            calls=workspace.store.calls_of(workspace.run.run_id).spent().calls,
        )
    finally:
        workspace.close()


def _both(view: View) -> dict[str, Proposals]:
    found = {"on": propose(view), "off": propose(view, suspicious=lambda *_: ())}
    return {which: {view.rows[one.idx].item_id: one for one in made} for which, made in found.items()}


def _margins(view: View) -> dict[str, float]:
    ranks_NC = view.found.log_probs(np.arange(len(view.rows)), view.posterior.cand_NC)
    margin_N = ranks_NC[:, 0] - ranks_NC[:, 1:].max(axis=1)
    return {row.item_id: float(margin_N[row.idx]) for row in view.rows}

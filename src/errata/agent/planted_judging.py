"""Ask the panel about errors that errata planted, as a run would ask about its suspects. The calls are recorded like
all others, so none is paid for twice; the verdicts stay in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from errata.agent import phases
from errata.agent.evidence.next_questions import Question, tasks_of
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.view import View
from errata.agent.run.notices import Progress
from errata.agent.run.workspace import Workspace
from errata.tools.judging.registry import controls
from errata.types import Proposal, Verdict


def judged(workspace: Workspace, views: Sequence[View], progress: Progress) -> list[View]:
    """The views after the panel was asked everything worth asking about their queues. Each question that a view wants
    next is asked together with those of the others. Raises ModelError if a judge fails or the budget is spent."""
    panel = workspace.panel
    for judge in panel.judges:
        phases.work(workspace, "prepare", judge, progress)
    measured = Snapshot.of(workspace).contributions
    views, asked = [replace(view, judges=panel.judges, contributions=measured) for view in views], 0
    while waiting := _next(workspace, views):
        judge, total = waiting[0][1].judge, asked + len(waiting)
        mine = [(n, question) for n, question in waiting if question.judge == judge]
        tasks = [task for n, view in enumerate(views) for task in tasks_of(view, [q for m, q in mine if m == n])]
        found = panel.judge(judge, tasks, views[0].setup, _counted(progress, asked, total))
        if found.stopped is not None:
            raise found.stopped
        views = [
            _with(view, [verdict for (m, _), verdict in zip(mine, found.verdicts, strict=True) if m == n])
            for n, view in enumerate(views)
        ]
        asked += len(mine)
    return views


def proposals_by(workspace: Workspace, view: View, judge: str | None = None) -> Mapping[int, Proposal]:
    """What would be proposed for each item; if a ``judge`` is named, as if no other had been asked about the queue."""
    if judge is not None:
        queue = {row.idx for row in view.suspects}
        verdicts, control_verdicts = (
            [verdict for verdict in all_of_them if verdict.judge == judge or verdict.idx not in queue]
            for all_of_them in (view.verdicts, view.control_verdicts)
        )
        view = replace(view, verdicts=verdicts, control_verdicts=control_verdicts)
    return {proposal.idx: proposal for proposal in phases.proposals_in(workspace, view)}


def _next(workspace: Workspace, views: Sequence[View]) -> list[tuple[int, Question]]:
    """The questions that each view wants asked next, of the first judge whose turn it is first; with the view's
    number."""
    turns = {judge: turn for turn, judge in enumerate(workspace.panel.judges)}
    found = [(n, question) for n, view in enumerate(views) for question in phases.questions_in(workspace, view)]
    return sorted(found, key=lambda numbered: turns[numbered[1].judge])


def _with(view: View, verdicts: Sequence[Verdict]) -> View:
    of_judges = controls({verdict.protocol for verdict in verdicts})
    return replace(
        view,
        verdicts=[*view.verdicts, *(one for one in verdicts if one.protocol not in of_judges)],
        control_verdicts=[*view.control_verdicts, *(one for one in verdicts if one.protocol in of_judges)],
    )


def _counted(progress: Progress, asked: int, total: int) -> Callable[[int], None]:
    return lambda done: progress("judge", asked + done, total)

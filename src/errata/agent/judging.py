"""Put before the panel what its roles want asked, batch by batch, with all questions of a batch in flight together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from errata.agent import phases
from errata.agent.contributions import Judging, Queue
from errata.agent.evidence.judge_cards import card_of
from errata.agent.evidence.next_questions import Question
from errata.agent.evidence.queue import form_queue
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.track_records import is_used_at_all
from errata.agent.evidence.view import View
from errata.agent.run.go_ahead import needs_word
from errata.agent.run.notices import Progress
from errata.agent.run.workspace import Workspace
from errata.agent.views import price as pricing
from errata.errors import BudgetExceeded, ModelError, UselessJudge
from errata.tools.guideline import Guideline
from errata.tools.judging.examine import Judged
from errata.tools.judging.task import JudgeTask
from errata.types import Verdict

BATCH = 4096
"""Questions between two looks at what is worth asking next."""
FIRST_BATCH = 16
"""Questions that show how fast a judge is, where a long job needs somebody's word."""


@dataclass
class OpenQuestions:
    """What the roles want asked, and nobody has been asked yet. An item has at most one question to a judge among them,
    so that what is said of one decides nothing about the others: they are thought over when all have been asked."""

    waiting: list[Question]

    @classmethod
    def of(cls, workspace: Workspace) -> OpenQuestions:
        found = workspace.kept.get("open questions")
        if not isinstance(found, OpenQuestions) or not found.waiting:
            found = cls(_wanted(workspace))
            workspace.kept["open questions"] = found
        return found

    def next_batch(self, most: int = BATCH) -> tuple[str, list[Question]]:
        """Of the judge whose turn it is."""
        judge = self.waiting[0].judge
        return judge, [question for question in self.waiting[:most] if question.judge == judge]

    def done(self, questions: Sequence[Question]) -> None:
        self.waiting = self.waiting[len(questions) :]


def reopen(workspace: Workspace) -> int:
    """Open the questions again whose answers could not be read, before a run goes on: they say nothing of an item. How
    many. What is remembered of them still costs nothing: the door asks anew only where that may help."""

    def again(verdict: Verdict) -> bool:
        partly = workspace.retry_unreadable and bool(verdict.unread or verdict.refused)
        return not verdict.readable or partly

    count = workspace.store.reopen(workspace.run.run_id, again)
    if count:
        workspace.kept.clear()
    return count


def waiting(workspace: Workspace) -> int:
    """How many questions are worth asking as things stand."""
    return len(OpenQuestions.of(workspace).waiting)


def queued(workspace: Workspace) -> int:
    """How many items there are in the queue, which is formed where there is none yet."""
    queue = Snapshot.of(workspace).contributions.find(Queue)
    if queue is None:
        queue = form_queue(Snapshot.of(workspace))
        workspace.add_contributions("triage", queue)
    return queue.suspects + queue.drawn


def judge_batch(workspace: Workspace, progress: Progress) -> Judging:
    """The next questions before one judge of the panel; their verdicts are stored."""
    found = OpenQuestions.of(workspace)
    before = Snapshot.of(workspace).contributions.find(Judging) or Judging()
    if not found.waiting:
        # Killed after the last verdicts were stored, and before a checkpoint said so: nothing is left to ask.
        return finish(workspace)
    judge, questions = found.next_batch(_allowed(workspace))
    total = before.asked + len(found.waiting)
    try:
        phases.work(workspace, "prepare", judge, progress)
        view = Snapshot.of(workspace).view
        _check_usable(workspace, view, judge)
        useful = {protocol for protocol in {q.protocol for q in questions} if view.trusts(judge, protocol)}
        judged = workspace.panel.judge(
            judge,
            _tasks(workspace, [question for question in questions if question.protocol in useful]),
            view.setup,
            lambda done: progress("judge", before.asked + done, total),
        )
    except ModelError as error:
        judged = Judged((), error)
    _store(workspace, judged.verdicts)
    found.done(questions)
    return _leave(workspace, before, len(judged.verdicts), judged.stopped)


def _check_usable(workspace: Workspace, view: View, judge: str) -> None:
    """Say once that a judge is not used. UselessJudge where the run is to stop for that."""
    if is_used_at_all(view.track_records, judge) or judge in workspace.kept.setdefault("told of", set()):
        return
    workspace.kept["told of"].add(judge)
    why = f"{judge} is no better than chance and is not used: {'; '.join(card_of(view, judge).lines)}"
    if workspace.settings.require_judge:
        raise UselessJudge(f"{why}. Name another judge, or leave out --require-judge to go on as a scan.")
    workspace.notify(f"{why}. The run goes on without it.")


def _allowed(workspace: Workspace) -> int:
    """How many questions may be asked before the next look. SetupError where nobody lets the run go on."""
    if workspace.go_ahead is None or workspace.settings.budget:
        return BATCH
    job = pricing.remaining(workspace)
    if needs_word(job):
        workspace.go_ahead(job)
    elif job.minutes is None and not workspace.kept.setdefault("first batch asked", False):
        workspace.kept["first batch asked"] = True
        return FIRST_BATCH
    workspace.go_ahead = None
    return BATCH


def _store(workspace: Workspace, verdicts: Sequence[Verdict]) -> None:
    """With what the guideline said of the labels that each of them rests on."""
    run = workspace.run
    guideline, given = Guideline(run.guideline, run.label_space), workspace.dataset.given_labels
    worded = [guideline.worded(verdict, given[verdict.idx]) for verdict in verdicts]
    workspace.store.add_verdicts(run.run_id, worded)


def finish(workspace: Workspace) -> Judging:
    """Nothing is left to ask, and nothing stopped it."""
    before = Snapshot.of(workspace).contributions.find(Judging) or Judging()
    return _leave(workspace, before, 0, None)


def _leave(workspace: Workspace, before: Judging, asked: int, stopped: ModelError | None) -> Judging:
    spent = workspace.panel.budget.spent
    judging = Judging(
        asked=before.asked + asked,
        calls=spent.calls,
        tokens=spent.tokens,
        usd=spent.usd,
        estimated=before.estimated or workspace.panel.budget.estimated,
        stopped=str(stopped) if stopped else "",
        failed=stopped is not None and not isinstance(stopped, BudgetExceeded),
    )
    workspace.add_contributions("judge", judging)
    return judging


def _wanted(workspace: Workspace) -> list[Question]:
    """The questions of all roles, the first judge's before the second's."""
    if not workspace.settings.judge:
        return []
    turns = {judge: turn for turn, judge in enumerate(workspace.panel.judges)}
    return sorted(phases.work(workspace, "ask"), key=lambda question: turns[question.judge])


def _tasks(workspace: Workspace, questions: Sequence[Question]) -> Iterator[JudgeTask]:
    """The questions with the content of their items, which is read as they are asked."""
    items = workspace.dataset.each([question.idx for question in questions])
    for item, question in zip(items, questions, strict=True):
        yield JudgeTask(item, question.protocol, question.labels, question.control_items, favored=question.favored)

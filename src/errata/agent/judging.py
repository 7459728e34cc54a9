"""Ask the panel what the roles want asked, batch by batch, with all questions of a batch in flight together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from errata.agent import phases
from errata.agent.contributions import Judging, Queue
from errata.agent.evidence.judge_cards import card_of
from errata.agent.evidence.next_questions import Question, tasks_of
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
from errata.types import Verdict

BATCH = 4096
"""Questions asked before checking again what is worth asking."""
FIRST_BATCH = 16
"""Enough questions to show how fast a judge is, if a long job needs someone's consent."""


@dataclass
class OpenQuestions:
    """Questions that the roles want asked and that are not asked yet. They contain at most one question per item and
    judge, so the answer to one does not affect the others; new ones are chosen once all have been asked."""

    waiting: list[Question]

    @classmethod
    def of(cls, workspace: Workspace) -> OpenQuestions:
        found = workspace.kept.get("open questions")
        if not isinstance(found, OpenQuestions) or not found.waiting:
            found = cls(_wanted(workspace))
            workspace.kept["open questions"] = found
        return found

    def next_batch(self, most: int = BATCH) -> tuple[str, list[Question]]:
        """The next questions to the judge whose turn it is."""
        judge = self.waiting[0].judge
        return judge, [question for question in self.waiting[:most] if question.judge == judge]

    def done(self, questions: Sequence[Question]) -> None:
        self.waiting = self.waiting[len(questions) :]


def reopen(workspace: Workspace) -> int:
    """Reopen the questions whose answers could not be read, before a run continues: they say nothing about an item.
    Returns how many. Recorded replies still cost nothing; the door asks again only if that may help."""

    def again(verdict: Verdict) -> bool:
        partly = workspace.retry_unreadable and bool(verdict.unread or verdict.refused)
        return not verdict.readable or partly

    count = workspace.store.reopen(workspace.run.run_id, again)
    if count:
        workspace.kept.clear()
    return count


def waiting(workspace: Workspace) -> int:
    """How many questions are worth asking now."""
    return len(OpenQuestions.of(workspace).waiting)


def queued(workspace: Workspace) -> int:
    """How many items are in the queue; forms the queue if there is none."""
    queue = Snapshot.of(workspace).contributions.find(Queue)
    if queue is None:
        queue = form_queue(Snapshot.of(workspace))
        workspace.add_contributions("triage", queue)
    return queue.suspects + queue.drawn


def judge_batch(workspace: Workspace, progress: Progress) -> Judging:
    """Ask one judge of the panel the next questions and store the verdicts."""
    found = OpenQuestions.of(workspace)
    before = Snapshot.of(workspace).contributions.find(Judging) or Judging()
    if not found.waiting:
        # Killed after the last verdicts were stored but before the checkpoint: nothing is left to ask.
        return finish(workspace)
    judge, questions = found.next_batch(_allowed(workspace))
    total, unread = before.asked + len(found.waiting), 0
    try:
        phases.work(workspace, "prepare", judge, progress)
        view = Snapshot.of(workspace).view
        _check_usable(workspace, view, judge)
        useful = {protocol for protocol in {q.protocol for q in questions} if view.trusts(judge, protocol)}
        judged = workspace.panel.judge(
            judge,
            tasks_of(view, [question for question in questions if question.protocol in useful]),
            view.setup,
            lambda done: progress("judge", before.asked + done, total),
        )
    except ModelError as error:
        judged = Judged((), error)
        known = Snapshot.of(workspace).view.profiles.judges  # what could not be read there is counted on its card
        unread = 0 if judge in known else workspace.panel.unreadable(judge)
    _store(workspace, judged.verdicts)
    found.done(questions)
    return _leave(workspace, before, len(judged.verdicts), judged.stopped, unread)


def _check_usable(workspace: Workspace, view: View, judge: str) -> None:
    """Warn once that a judge is not used. Raises UselessJudge if the run is to stop for that."""
    if is_used_at_all(view.track_records, judge) or judge in workspace.kept.setdefault("told of", set()):
        return
    workspace.kept["told of"].add(judge)
    why = f"{judge} is no better than chance and is not used: {'; '.join(card_of(view, judge).lines)}"
    if workspace.settings.require_judge:
        raise UselessJudge(f"{why}. Name another judge, or leave out --require-judge to go on as a scan.")
    workspace.notify(f"{why}. The run goes on without it.")


def _allowed(workspace: Workspace) -> int:
    """How many questions may be asked before checking again. SetupError if no one allows the run to continue."""
    if workspace.go_ahead is None or workspace.settings.budget:
        return BATCH
    job = pricing.price(workspace)
    if needs_word(job):
        workspace.go_ahead(job)
    elif job.minutes is None and not workspace.kept.setdefault("first batch asked", False):
        workspace.kept["first batch asked"] = True
        return FIRST_BATCH
    workspace.go_ahead = None
    return BATCH


def _store(workspace: Workspace, verdicts: Sequence[Verdict]) -> None:
    """Store verdicts together with the hashes of the guideline text that each rests on."""
    run = workspace.run
    guideline, rows = Guideline(run.guideline, run.label_space), Snapshot.of(workspace).rows
    worded = [guideline.worded(verdict, rows[verdict.idx].given_label) for verdict in verdicts]
    workspace.store.add_verdicts(run.run_id, worded)


def finish(workspace: Workspace) -> Judging:
    """Mark judging as finished: nothing is left to ask, and nothing stopped it."""
    before = Snapshot.of(workspace).contributions.find(Judging) or Judging()
    return _leave(workspace, before, 0, None)


def _leave(
    workspace: Workspace, before: Judging, asked: int, stopped: ModelError | None, unreadable: int = 0
) -> Judging:
    spent = workspace.panel.budget.spent
    judging = Judging(
        asked=before.asked + asked,
        calls=spent.calls,
        tokens=spent.tokens,
        usd=spent.usd,
        estimated=before.estimated or workspace.panel.budget.estimated,
        stopped=str(stopped) if stopped else "",
        failed=stopped is not None and not isinstance(stopped, BudgetExceeded),
        unreadable=unreadable,
    )
    workspace.add_contributions("judge", judging)
    return judging


def _wanted(workspace: Workspace) -> list[Question]:
    """The questions of all roles, sorted by judge in panel order."""
    if not workspace.settings.judge:
        return []
    turns = {judge: turn for turn, judge in enumerate(workspace.panel.judges)}
    return sorted(phases.work(workspace, "ask"), key=lambda question: turns[question.judge])

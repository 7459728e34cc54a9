"""The examiner forms the queue of suspects and puts them before the panel, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from errata.agent.evidence import control_items
from errata.agent.evidence.next_questions import Question, open_questions
from errata.agent.evidence.posterior import posteriors
from errata.agent.roles import calibrator, questioner
from errata.agent.run.workspace import Workspace
from errata.errors import BudgetExceeded, ModelError
from errata.tools.inference.suspects import rank_suspects
from errata.tools.judging.examine import Judged
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.tools.store.inherit import earlier_references, inherit_verdicts

BATCH = 4096
"""Questions between two looks at what is worth asking next. The server waits while that is thought over."""


@dataclass(frozen=True, slots=True)
class Examined:
    judged: int
    calls: int
    stopped: str


def queue(workspace: Workspace) -> tuple[int, int]:
    """How many suspects the run has, and how many questions about them are open."""
    if "suspects" not in workspace.run.facts:
        _form_queue(workspace)
    left = waiting(workspace)
    if workspace.settings.judge and not left:
        workspace.note(stopped="", failed=False)
    return workspace.run.facts["suspects"], left


def waiting(workspace: Workspace) -> int:
    return sum(len(questions) for questions in open_questions(workspace).values())


def judge_batch(workspace: Workspace, progress: Callable[[str, int, int], None]) -> Examined:
    """The next questions before one judge of the panel, all in flight together; their verdicts are stored."""
    panel, open_ones = workspace.panel, open_questions(workspace)
    judge = next((name for name in panel.judges if open_ones[name]), None)
    asked, left = workspace.run.facts.get("asked", 0), sum(map(len, open_ones.values()))
    if judge is None:
        # Killed after the last verdicts were stored, and before a checkpoint said so: nothing is left to ask.
        return Examined(asked, panel.budget.spent.calls, "")
    try:
        _prepare(workspace, judge, progress)
        tasks = _tasks(workspace, open_ones[judge][:BATCH])
        judged = panel.judge(judge, tasks, _setup(workspace), lambda n: progress("judge", asked + n, asked + left))
    except ModelError as error:
        judged = Judged((), error)
    spent, stopped = panel.budget.spent, str(judged.stopped) if judged.stopped else ""
    asked += len(judged.verdicts)
    workspace.store.add_verdicts(workspace.run.run_id, judged.verdicts)
    workspace.note(
        asked=asked,
        spent={"calls": spent.calls, "tokens": spent.tokens, "usd": spent.usd},
        stopped=stopped,
        failed=bool(stopped) and not isinstance(judged.stopped, BudgetExceeded),
    )
    return Examined(asked, spent.calls, stopped)


def _tasks(workspace: Workspace, questions: Sequence[Question]) -> Iterator[JudgeTask]:
    """The questions with the content of their items, which is read as they are asked."""
    items = workspace.dataset.each([question.idx for question in questions])
    for item, q in zip(items, questions, strict=True):
        yield JudgeTask(item, q.protocol, q.labels, q.references)


def _prepare(workspace: Workspace, judge: str, progress: Callable[[str, int, int], None]) -> None:
    """What must be known before this judge is asked about items, if that is not known yet."""
    settings = workspace.settings
    if not (settings.calibrate or "question_bank" in settings.protocols):
        return
    progress("prepare", 0, 2)
    questioner.prepare(workspace)
    progress("prepare", 1, 2)
    calibrator.prepare(workspace, judge)
    progress("prepare", 2, 2)


def _form_queue(workspace: Workspace) -> None:
    """Suspects by the scan alone. What an earlier run has settled, on unchanged items, stays settled."""
    rows, arrays = workspace.rows(), workspace.arrays
    table = posteriors(workspace, verdicts=())
    settled = inherit_verdicts(workspace.store, workspace.run, rows, table.challengers)
    holds_N = table.given_holds_N
    all_holds_N = holds_N.copy()
    for row in rows:
        if row.idx in settled or row.protected or row.problem:
            holds_N[row.idx] = np.nan
    flags = [np.asarray(arrays.load(f"{name}.flag")) for name in workspace.run.facts["detectors"]]
    shas, share = [row.content_sha for row in rows], workspace.settings.random_share
    ranked = rank_suspects(holds_N, workspace.scan_quality_N, flags, shas, share)
    workspace.store.set_suspicion(workspace.run.run_id, [int(idx) for idx in ranked])
    controlled = workspace.settings.calibrate or "steering" in workspace.settings.protocols
    before = earlier_references(workspace.store, workspace.run, rows)
    drawn = control_items.draw(workspace, all_holds_N, before) if controlled else []
    workspace.note(suspects=len(ranked), settled=len(settled), references=drawn)


def _setup(workspace: Workspace) -> JudgeSetup:
    settings = workspace.settings
    return JudgeSetup(
        workspace.run.label_space,
        workspace.guideline,
        settings.style,
        settings.permutations,
        workspace.bank,
    )

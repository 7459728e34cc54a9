"""The examiner forms the queue of suspects and puts them before the panel, batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from errata.agent.evidence import posteriors
from errata.agent.roles import contest, questioner
from errata.agent.workspace import Workspace
from errata.errors import BudgetExceeded
from errata.settings import Settings
from errata.tools.inference.candidates import NOBODY
from errata.tools.inference.escalation import undecided
from errata.tools.inference.posterior import Posteriors
from errata.tools.inference.suspects import rank_suspects
from errata.tools.judging.examine import JudgeSetup, JudgeTask
from errata.tools.store.inherit import inherit_verdicts
from errata.types import Bool

BATCH = 256
ALL_LABELS = 12
"""Up to so many labels, a blind choice offers all of them; beyond, only the item's candidates."""


@dataclass(frozen=True, slots=True)
class Examined:
    judged: int
    calls: int
    stopped: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is still to be asked of one item: under which protocol, about which labels."""

    idx: int
    protocol: str
    labels: tuple[str, ...]


def queue(workspace: Workspace) -> tuple[int, int]:
    """How many suspects the run has, and how many questions about them are open."""
    if "suspects" not in workspace.run.facts:
        _form_queue(workspace)
    questioner.prepare(workspace)
    left = waiting(workspace)
    if workspace.settings.judge and not left:
        workspace.note(stopped="", failed=False)
    return workspace.run.facts["suspects"], left


def waiting(workspace: Workspace) -> int:
    return sum(len(questions) for questions in _open_questions(workspace).values())


def judge_batch(workspace: Workspace, progress: Callable[[str, int, int], None]) -> Examined:
    """The next questions before one judge of the panel, all in flight together; their verdicts are stored."""
    panel, open_questions = workspace.panel, _open_questions(workspace)
    judge = next((name for name in panel.judges if open_questions[name]), None)
    asked, left = workspace.run.facts.get("asked", 0), sum(map(len, open_questions.values()))
    if judge is None:
        # Killed after the last verdicts were stored, and before a checkpoint said so: nothing is left to ask.
        return Examined(asked, panel.budget.spent.calls, "")
    batch = open_questions[judge][:BATCH]
    items = workspace.dataset.items([question.idx for question in batch])
    tasks = [JudgeTask(item, q.protocol, q.labels) for item, q in zip(items, batch, strict=True)]
    judged = panel.judge(judge, tasks, _setup(workspace), lambda n: progress("judge", asked + n, asked + left))
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


def _form_queue(workspace: Workspace) -> None:
    """Suspects by the scan alone. What an earlier run has settled, on unchanged items, stays settled."""
    rows, arrays = workspace.rows(), workspace.arrays
    settled = inherit_verdicts(workspace.store, workspace.run, rows)
    holds_N = posteriors(workspace, verdicts=()).given_holds_N
    for row in rows:
        if row.idx in settled or row.protected or row.problem:
            holds_N[row.idx] = np.nan
    flags = [np.asarray(arrays.load(f"{name}.flag")) for name in workspace.run.facts["detectors"]]
    ranked = rank_suspects(holds_N, flags, [row.content_sha for row in rows], workspace.settings.random_share)
    workspace.store.set_suspicion(workspace.run.run_id, [int(idx) for idx in ranked])
    workspace.note(suspects=len(ranked), settled=len(settled))


def _open_questions(workspace: Workspace) -> dict[str, list[Question]]:
    """Judge -> what it has still to be asked. Each item goes through the protocols in their order, one at a time, so
    that what was said decides what is worth asking next; the first protocol of all suspects comes before the second."""
    settings = workspace.settings
    if not settings.judge:
        return {}
    suspects = sorted((r for r in workspace.rows() if r.suspicion is not None), key=lambda r: r.suspicion or 0)
    verdicts = workspace.verdicts()
    asked = {(v.judge, v.protocol, v.idx) for v in verdicts}
    table = posteriors(workspace, verdicts)
    open_N = undecided(table, settings.costs)
    questions: dict[str, list[Question]] = {}
    busy: set[int] = set()
    for number, judge in enumerate(workspace.panel.judges):
        of_judge = [
            question
            for row in suspects
            if (question := _next_question(settings, judge, row.idx, asked, table, open_N)) is not None
            # A later judge of an escalating panel hears of an item when those before it are done, and disagree.
            and not (settings.escalate and number and (row.idx in busy or not open_N[row.idx]))
        ]
        busy |= {question.idx for question in of_judge}
        questions[judge] = sorted(of_judge, key=lambda q: settings.protocols.index(q.protocol))
    return questions


def _next_question(
    settings: Settings, judge: str, idx: int, asked: set[tuple[str, str, int]], table: Posteriors, open_N: Bool
) -> Question | None:
    for protocol in settings.protocols:
        if (judge, protocol, idx) not in asked:
            labels = _labels_for(protocol, table, idx, bool(open_N[idx]))
            if labels is not None:
                return Question(idx, protocol, labels)
    return None


def _labels_for(protocol: str, table: Posteriors, idx: int, undecided: bool) -> tuple[str, ...] | None:
    """The labels to ask about; None where the protocol has nothing to add to what is known of the item."""
    if protocol == "blind_choice":
        return _candidates(table, idx)
    if protocol == "open_answer":
        return ()
    if protocol == "contest":
        return contest.rivals(table, idx)
    return contest.rivals(table, idx) if undecided else None


def _candidates(table: Posteriors, idx: int) -> tuple[str, ...]:
    names = table.space.names
    if len(names) <= ALL_LABELS:
        return names
    return tuple(sorted(names[c] for c in table.cand_NC[idx] if c != NOBODY))


def _setup(workspace: Workspace) -> JudgeSetup:
    settings = workspace.settings
    return JudgeSetup(
        workspace.run.label_space,
        workspace.guideline,
        settings.style,
        settings.permutations,
        questioner.bank(workspace),
    )

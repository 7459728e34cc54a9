"""The agenda: what each judge of the panel has still to be asked, as everything said so far makes it worth asking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from errata.agent.evidence import control_items
from errata.agent.evidence.posterior import posteriors
from errata.agent.run.workspace import Workspace
from errata.tools.inference.candidates import NOBODY
from errata.tools.inference.escalation import undecided
from errata.tools.inference.outcome import outcomes
from errata.tools.inference.posterior import Posteriors
from errata.tools.judging.protocol import Known
from errata.tools.judging.protocols import steering
from errata.tools.judging.registry import protocols
from errata.tools.judging.task import Reference
from errata.tools.store.store import ItemRow
from errata.types import Bool, Int, Outcome, Verdict

ALL_LABELS = 12
"""Up to so many labels, a blind choice offers all of them; beyond, only the item's candidates."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask of one item: under which protocol, about which labels, and, for a steering control, beside which
    references."""

    idx: int
    protocol: str
    labels: tuple[str, ...]
    references: tuple[Reference, ...] = ()


def open_questions(workspace: Workspace) -> dict[str, list[Question]]:
    """Judge -> its open questions. Each item goes through the protocols in their order, one at a time, so that what was
    said decides what is asked next; the first protocol of all suspects comes before the second."""
    if not workspace.settings.judge:
        return {}
    agenda = Agenda.of(workspace)
    order = workspace.settings.protocols
    questions: dict[str, list[Question]] = {}
    busy: set[int] = set()
    for number, judge in enumerate(workspace.panel.judges):
        rows = agenda.suspects
        if number and workspace.settings.escalate:
            # A later judge hears of an item when those before it are done with it, and it is still open.
            rows = [row for row in rows if row.idx not in busy and agenda.undecided_N[row.idx]]
        of_judge = agenda.questions(judge, rows)
        busy |= {question.idx for question in of_judge}
        questions[judge] = sorted(of_judge, key=lambda question: order.index(question.protocol))
    return questions


@dataclass(frozen=True)
class Agenda:
    """What is known when the next questions are chosen. ``says_N``: the likeliest state of each item."""

    workspace: Workspace
    suspects: Sequence[ItemRow]
    verdicts: Sequence[Verdict]
    controls: Sequence[Verdict]
    asked: frozenset[tuple[str, str, int]]
    table: Posteriors
    undecided_N: Bool
    says_N: Int
    outcomes: Sequence[Outcome]
    shas: Sequence[str]

    @classmethod
    def of(cls, workspace: Workspace) -> Agenda:
        verdicts, controls = workspace.verdicts(), workspace.controls()
        table = posteriors(workspace, verdicts)
        rows = workspace.rows()
        return cls(
            workspace,
            sorted((row for row in rows if row.suspicion is not None), key=lambda row: row.suspicion or 0),
            verdicts,
            controls,
            frozenset((v.judge, v.protocol, v.idx) for v in (*verdicts, *controls)),
            table,
            undecided(table, workspace.settings.costs),
            _favored(table),
            outcomes(table, workspace.settings.costs),
            [row.content_sha for row in rows],
        )

    def questions(self, judge: str, rows: Sequence[ItemRow]) -> list[Question]:
        """What the judge is to be asked next of these items, and before a steering control of the references."""
        following = [question for row in rows if (question := self._next(judge, row)) is not None]
        to_control = [question.idx for question in following if question.protocol == "steering"]
        others = [question for question in following if question.protocol != "steering"]
        return others + (self._controls(judge, to_control) if to_control else [])

    def _controls(self, judge: str, to_control: Sequence[int]) -> list[Question]:
        """First what it takes to know whether a control means anything: each reference is asked about alone, then lies
        beside two others."""
        pool = control_items.pool(self.workspace, judge, self.verdicts, self.controls)
        drawn = [item.idx for item in self.workspace.reference_items]
        alone = [idx for idx in drawn if (judge, "blind_choice", idx) not in self.asked]
        if alone:
            return [Question(idx, "blind_choice", self._candidates(idx)) for idx in alone]
        checks = [idx for idx in drawn if (judge, "steering", idx) not in self.asked]
        if not checks and not control_items.control_works(self.workspace, judge, self.verdicts, self.controls):
            return []
        controls = [self._control(idx, pool) for idx in checks or to_control]
        return [question for question in controls if question is not None]

    def _next(self, judge: str, row: ItemRow) -> Question | None:
        known: Known | None = None
        for protocol in self.workspace.settings.protocols:
            if (judge, protocol, row.idx) not in self.asked:
                known = known or self._known(row.idx)
                labels = protocols()[protocol].about(known)
                if labels is not None:
                    return Question(row.idx, protocol, labels)
        return None

    def _known(self, idx: int) -> Known:
        table = self.table
        names, given, challenger = table.space.names, table.given_N[idx], table.cand_NC[idx, table.best_other_N[idx]]
        return Known(
            given=None if given == NOBODY else names[given],
            challenger=None if challenger == NOBODY else names[challenger],
            given_holds=float(table.given_holds_N[idx]),
            undecided=bool(self.undecided_N[idx]),
            outcome=self.outcomes[idx],
            candidates=self._candidates(idx),
        )

    def _control(self, idx: int, pool: Sequence[Reference]) -> Question | None:
        names = self.table.space.names
        posterior = self.table.item(idx)
        ranked = sorted(posterior.labels, key=lambda name: -posterior.labels[name])
        favored = names[self.says_N[idx]] if self.says_N[idx] >= 0 else ""
        chosen = steering.choose(pool, self.shas[idx], favored, [name for name in ranked if name != favored])
        return None if chosen is None else Question(idx, "steering", self._candidates(idx), chosen)

    def _candidates(self, idx: int) -> tuple[str, ...]:
        names = self.table.space.names
        if len(names) <= ALL_LABELS:
            return names
        return tuple(sorted(names[c] for c in self.table.cand_NC[idx] if c != NOBODY))


def _favored(table: Posteriors) -> Int:
    """The likeliest state of each item, int[N]: a label; below NOBODY for several labels and for none of these."""
    best_N = table.probs_NS.argmax(axis=1)
    width = table.cand_NC.shape[1]
    labels_N = np.take_along_axis(table.cand_NC, np.minimum(best_N, width - 1)[:, None], axis=1)[:, 0]
    return np.where(best_N < width, labels_N, NOBODY - 1 - (best_N - width))

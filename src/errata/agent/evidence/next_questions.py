"""Which questions are worth asking each judge next, given all answers so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from errata.agent.evidence import control_items
from errata.agent.evidence.view import View
from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.escalation import undecided
from errata.tools.inference.posterior import Posteriors
from errata.tools.judging.protocol import AnnotationEvidence, Control
from errata.tools.judging.registry import controls, protocol_named
from errata.tools.judging.task import ControlItem, JudgeTask
from errata.tools.store.store import ItemRow
from errata.types import F64, Int

ALL_LABELS = 12
"""A blind choice offers all labels if there are at most this many; otherwise only the item's candidates."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to ``judge`` about one item: the protocol, the labels asked about, and, for a control, the control
    items next to it and the label that is favored ("" for none)."""

    judge: str
    idx: int
    protocol: str
    labels: tuple[str, ...]
    control_items: tuple[ControlItem, ...] = ()
    favored: str = ""


class NextQuestions:
    """Each item goes through the protocols in order, one at a time, so that each answer decides what to ask next."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._suspects = np.array([row.idx for row in view.suspects], np.int64)

    def of(self, judge: str, rows: Iterable[ItemRow]) -> list[Question]:
        """What to ask the judge next about these items, all questions of the first protocol before the second.
        Questions that test whether a control works come before it."""
        following = [question for row in rows if (question := self.next(judge, row)) is not None]
        known = controls(self._view.settings.protocols)
        found = [question for question in following if question.protocol not in known]
        for name, control in known.items():
            to_control = [question.idx for question in following if question.protocol == name]
            found += self._controls(judge, control, to_control) if to_control else []
        place: dict[str, int] = {protocol: n for n, protocol in enumerate(self._view.settings.protocols)}
        return sorted(found, key=lambda question: place.get(question.protocol, -1))

    def next(self, judge: str, row: ItemRow) -> Question | None:
        """None if this judge has answered everything worth asking about the item."""
        known: AnnotationEvidence | None = None
        for protocol in self._view.settings.protocols:
            if (judge, protocol, row.idx) not in self._view.asked and self._view.trusts(judge, protocol):
                known = known or self._known(row)
                labels = protocol_named(protocol).about(known)
                if labels is not None:
                    return Question(judge, row.idx, protocol, labels)
        return None

    def is_undecided(self, row: ItemRow) -> bool:
        """Whether another judge's answer could still change the item's outcome."""
        return row.idx in self._undecided

    def _known(self, row: ItemRow) -> AnnotationEvidence:
        table, idx = self._view.posterior, row.idx
        names, given, challenger = table.space.names, table.given_N[idx], self._challengers_N[idx]
        return AnnotationEvidence(
            given=None if given == ABSENT else names[given],
            challenger=None if challenger == ABSENT else names[challenger],
            given_holds=float(self._given_holds_N[idx]),
            undecided=self.is_undecided(row),
            outcome=self._view.cheapest[idx],
            candidates=self._candidates(idx),
        )

    def _controls(self, judge: str, control: Control, to_control: Sequence[int]) -> list[Question]:
        """First the questions that show whether the control works for this judge: each control item is asked about
        alone, then next to two others. Then the controls of the items ``to_control``."""
        drawn = [item.idx for item in self._view.control_items]
        alone = [idx for idx in drawn if (judge, control.alone, idx) not in self._view.asked]
        if alone:
            return [Question(judge, idx, control.alone, self._candidates(idx)) for idx in alone]
        checks = [idx for idx in drawn if (judge, control.name, idx) not in self._view.asked]
        if not checks and not control_items.control_works(self._view, judge, control):
            return []
        usable = control_items.usable(self._view, judge, control)
        found = [self._control(judge, control, idx, usable) for idx in checks or to_control]
        if not checks and not control_items.reads_beyond_names(self._view, judge, control):
            found = [question and replace(question, favored="") for question in found]
        return [question for question in found if question is not None]

    def _control(self, judge: str, control: Control, idx: int, usable: Sequence[ControlItem]) -> Question | None:
        posterior, sha = self._view.posterior.item(idx), self._view.rows[idx].content_sha
        ranked = sorted(posterior.labels, key=lambda name: -posterior.labels[name])
        favored = _favored(self._view.posterior, idx)
        chosen = control.beside(usable, sha, favored, [name for name in ranked if name != favored])
        return None if chosen is None else Question(judge, idx, control.name, self._candidates(idx), chosen, favored)

    def _candidates(self, idx: int) -> tuple[str, ...]:
        return candidates_of(self._view, self._view.posterior, idx)

    @cached_property
    def _given_holds_N(self) -> F64:
        return self._view.posterior.given_holds_N

    @cached_property
    def _challengers_N(self) -> Int:
        table = self._view.posterior
        challengers_N: Int = np.take_along_axis(table.cand_NC, table.best_other_N[:, None], axis=1)[:, 0]
        return challengers_N

    @cached_property
    def _undecided(self) -> frozenset[int]:
        open_n = undecided(self._view.posterior.only(self._suspects), self._view.settings.costs)
        return frozenset(self._suspects[open_n].tolist())


def tasks_of(view: View, questions: Sequence[Question]) -> Iterator[JudgeTask]:
    """The questions with the content of their items, read only when they are asked."""
    items = view.content.each([question.idx for question in questions])
    for item, question in zip(items, questions, strict=True):
        yield JudgeTask(item, question.protocol, question.labels, question.control_items, favored=question.favored)


def candidates_of(view: View, table: Posteriors, idx: int) -> tuple[str, ...]:
    """The options of an open choice about the item: every label, or the likeliest ones if there are many."""
    names = view.space.names
    if len(names) <= ALL_LABELS:
        return names
    return tuple(sorted(names[c] for c in table.cand_NC[idx] if c != ABSENT))


def _favored(table: Posteriors, idx: int) -> str:
    """The item's likeliest state if that is a label; "" if it is several labels or none of these."""
    best = int(table.probs_NS[idx].argmax())
    label = table.cand_NC[idx, best] if best < table.cand_NC.shape[1] else ABSENT
    return "" if label == ABSENT else table.space.names[label]

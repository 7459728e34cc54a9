"""The most that a run may still ask its judges, as if no answer ever made a later question unnecessary."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property

from errata.agent.evidence.control_items import can_still_work, control_works
from errata.agent.evidence.next_questions import NextQuestions, Question, candidates_of
from errata.agent.evidence.view import View
from errata.tools.judging.protocol import AnnotationEvidence
from errata.tools.judging.registry import controls, protocol_named
from errata.tools.judging.task import ControlItem
from errata.tools.store.store import ItemRow


def still_to_ask(view: View, wanted: Collection[int]) -> list[Question]:
    """All questions that the judges of ``view.judges`` have not answered about the ``wanted`` items and about those
    waiting until a control is known to work, plus the questions that show whether it works. The actual labels and
    control items may differ, but not their number."""
    asking = [_Asking(view, judge) for judge in view.judges]
    rows = [row.idx for row in view.suspects if row.idx in wanted or any(one.holds_back(row) for one in asking)]
    return [question for one in asking for question in one.about(rows)] if rows else []


class _Asking:
    """What may still be asked of one judge."""

    def __init__(self, view: View, judge: str) -> None:
        self._view, self._judge, self._upcoming = view, judge, NextQuestions(view)
        known = controls(view.settings.protocols)
        self._controls = {name: one for name, one in known.items() if can_still_work(view, judge, one)}
        self._unproven = [name for name, one in self._controls.items() if not control_works(view, judge, one)]
        self._protocols = [
            name
            for name in view.settings.protocols
            if view.trusts(judge, name) and (name not in known or name in self._controls)
        ]

    def holds_back(self, row: ItemRow) -> bool:
        """Whether the item waits for a control that is not known to work yet."""
        following = self._upcoming.next(self._judge, row) if self._unproven else None
        return following is not None and following.protocol in self._unproven

    def about(self, rows: list[int]) -> Iterator[Question]:
        drawn = [item.idx for item in self._view.control_items]
        alone = dict.fromkeys(control.alone for control in self._controls.values())
        for protocol in dict.fromkeys((*alone, *self._protocols)):
            of_control_items = drawn if protocol in alone or protocol in self._controls else []
            mine = rows if protocol in self._protocols else []
            for idx in dict.fromkeys((*of_control_items, *mine)):
                if (self._judge, protocol, idx) not in self._view.asked and (question := self._question(protocol, idx)):
                    yield question

    def _question(self, protocol: str, idx: int) -> Question | None:
        """The question as if nothing were settled, so that every protocol asks all it can."""
        view, names = self._view, self._view.space.names
        given = view.space.canonical(view.rows[idx].given_label) or names[0]
        other = self._challengers[idx] or next((name for name in names if name != given), None)
        known = AnnotationEvidence(given, other, 0.0, True, "relabel", candidates_of(view, view.posterior, idx))
        labels = protocol_named(protocol).about(known)
        if labels is None:
            return None
        beside: list[ControlItem] = []
        if protocol in self._controls:
            others = [ControlItem(item, names[0]) for item in view.control_items if item.idx != idx]
            beside = (others * 2)[:2]
            if not beside:
                return None
        return Question(self._judge, idx, protocol, labels, tuple(beside))

    @cached_property
    def _challengers(self) -> list[str | None]:
        return self._view.posterior.challengers

"""The second opinion: before a person sees a change that only one judge favors, the next judge is asked about it."""

from __future__ import annotations

from collections.abc import Sequence

from errata.agent.evidence.next_questions import NextQuestions, Question
from errata.agent.evidence.view import View
from errata.agent.role import Ask, Role, RoleOutput
from errata.tools.judging.reading.reading import favorite
from errata.tools.store.store import ItemRow
from errata.types import NONE_OF_THESE, SEVERAL

ENOUGH = 2


class SecondOpinion(Role):
    """For panels that escalate, in which no other judge is asked about items that the first is sure of. Without
    escalation every judge is asked about everything, so this role adds nothing."""

    name, phase, place, default = "second_opinion", "ask", 20, False

    def wanted(self, view: View) -> bool:
        return view.settings.escalate and len(view.judges) > 1

    def work(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """For each suspect whose change is favored by fewer than two judges: the next question to the first judge of
        the panel that has not answered everything. Questions to the panel's first judge are left to the examiner."""
        upcoming, rows, found = NextQuestions(view), resting_on_one_judge(view), list[Question]()
        for judge in view.judges:
            questions = upcoming.of(judge, rows)
            if judge != view.judges[0]:
                found += questions
            # Once a control shows nothing, ``next`` keeps returning it, but nothing is left to ask.
            if questions:
                rows = [row for row in rows if upcoming.next(judge, row) is None]
        return found


def resting_on_one_judge(view: View) -> list[ItemRow]:
    """The suspects whose outcome is a change that fewer than two judges favor, under any protocol."""
    challengers = view.posterior.challengers
    favor = {(verdict.idx, verdict.judge, favorite(verdict.log_probs)) for verdict in view.verdicts if verdict.readable}
    found = []
    for row in view.suspects:
        outcome = view.outcomes[row.idx]
        change = {"relabel": challengers[row.idx], "several": SEVERAL, "none_of_these": NONE_OF_THESE}.get(
            outcome or ""
        )
        if change is not None and sum((row.idx, judge, change) in favor for judge in view.judges) < ENOUGH:
            found.append(row)
    return found


ROLE = SecondOpinion()

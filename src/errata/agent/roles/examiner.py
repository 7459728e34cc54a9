"""The examiner puts the suspects to each judge of the panel in turn."""

from __future__ import annotations

from collections.abc import Sequence

from errata.agent.evidence.next_questions import NextQuestions
from errata.agent.evidence.view import View
from errata.agent.role import Ask, Role, RoleOutput


class Examiner(Role):
    name, phase, place = "examiner", "ask", 10

    def wanted(self, view: View) -> bool:
        return bool(view.judges)

    def work(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """The next question about every suspect to every judge. If judges escalate, a later one is asked about an item
        only when those before it are done with it and another answer could still change its outcome."""
        upcoming, found = NextQuestions(view), []
        busy: set[int] = set()
        for number, judge in enumerate(view.judges):
            rows = view.suspects
            if number and view.settings.escalate:
                rows = [row for row in rows if row.idx not in busy and upcoming.is_undecided(row)]
            of_judge = upcoming.of(judge, rows)
            busy |= {question.idx for question in of_judge}
            found += of_judge
        return found


ROLE = Examiner()

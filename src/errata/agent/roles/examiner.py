"""The examiner puts the suspects before the panel, each judge in its turn."""

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
        """The next question of every suspect to every judge; where judges escalate, a later one is asked about an item
        when those before it are done with it, and another answer could still change its outcome."""
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

"""A role: the first judge is also asked about a few items that are not suspects."""

from __future__ import annotations

import random
from collections.abc import Sequence

from errata.agent.contributions import Contribution
from errata.agent.evidence.next_questions import NextQuestions
from errata.agent.evidence.view import View
from errata.agent.role import Ask, Role, RoleOutput

MOST = 4


class Drawn(Contribution):
    """Which items were drawn."""

    items: tuple[int, ...] = ()


class Bystanders(Role):
    name, phase, place, default = "bystanders", "ask", 50, False

    def wanted(self, view: View) -> bool:
        return bool(view.judges)

    def work(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """The items, drawn once, and the next question about each of them."""
        known = view.contributions.find(Drawn)
        drawn = known or draw(view)
        questions = NextQuestions(view).of(view.judges[0], [view.rows[idx] for idx in drawn.items])
        return questions if known else (drawn, *questions)


def draw(view: View) -> Drawn:
    quiet = [row.idx for row in view.rows if row.suspicion is None and row.given_label and not row.problem]
    return Drawn(items=tuple(random.Random(0).sample(quiet, min(MOST, len(quiet)))))


ROLE = Bystanders()

"""The questioner prepares the question bank, once per label and per confusable pair, before any item is asked about."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from errata.agent.contributions import QuestionBank
from errata.agent.evidence.view import View
from errata.agent.role import Ask, Role, RoleOutput
from errata.tools.guideline.excerpt import excerpt
from errata.tools.judging.bank.bank import Bank, BankQuestion, by_rule, confusions, merged
from errata.tools.judging.bank.bank_file import read_bank
from errata.tools.judging.door import Door
from errata.tools.judging.protocols import question_bank, write_questions


class Questioner(Role):
    name, phase, place = "questioner", "prepare", 10

    def wanted(self, view: View) -> bool:
        """Whether a judge will be asked questions of a bank and there is none yet."""
        return question_bank.PROMPT_ID in view.settings.protocols and view.contributions.find(QuestionBank) is None

    def work(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """A QuestionBank. Questions come from the user's file if there is one; otherwise the first judge writes them,
        label by label. Questions that need no writing are always added, so there is a bank even if the judge cannot
        write."""
        confused = confusions(view.joint_KK.tolist(), view.space)
        if view.settings.questions is not None:
            written = read_bank(view.settings.questions, view.space)
        else:
            written = ask(view.judges[0], lambda door: write(door, view, confused))
        return (QuestionBank.of(merged(written, by_rule(view.space, confused))),)

    def rehearse(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """With as many questions as a judge may write, as long as they may be."""
        (left,) = self.work(view, ask)
        if view.settings.questions is not None or not isinstance(left, QuestionBank):
            return (left,)
        texts = [str(number).ljust(write_questions.MAX_CHARS, "?") for number in range(write_questions.MOST)]
        written = [BankQuestion(label, "attribute", text) for label in view.space.names for text in texts]
        return (QuestionBank.of((*written, *left.bank)),)


async def write(door: Door, view: View, confused: Mapping[str, Sequence[str]]) -> Bank:
    """What a judge writes for each label; empty if it cannot write. Stops at the budget."""
    asked = (
        write_questions.ask(
            door,
            label,
            confused[label],
            view.space,
            modality=view.content.modality,
            guideline=excerpt(view.guideline, view.space, (label, *confused[label])),
        )
        for label in view.space.names
    )
    return tuple(question for questions in await asyncio.gather(*asked) for question in questions)


ROLE = Questioner()

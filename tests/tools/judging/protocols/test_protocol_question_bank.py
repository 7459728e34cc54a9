"""Question bank as a run uses it."""

from __future__ import annotations

from dataclasses import replace

from errata.tools.judging.bank.bank import by_rule
from errata.tools.judging.protocols.question_bank import PREPARED, PROTOCOL
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace
from tests.tools.judging.protocols.asking import KNOWN, asked, says

SETUP = JudgeSetup(LabelSpace(("cat", "cow", "dog")), style="names", permutations=4)
ITEM = Item.of(0, "0", "sha1", "cat", "it barks")


BANK = by_rule(SETUP.space, {"cat": ("dog",), "dog": ("cat",)})


def test_it_is_worth_asking_only_if_it_can_change_the_outcome() -> None:
    assert PROTOCOL.about(KNOWN) == ("cat", "dog")
    assert PROTOCOL.about(KNOWN._replace(undecided=False)) is None
    assert PROTOCOL.about(KNOWN._replace(given_holds=0.99)) is None


def test_every_question_about_the_labels_is_a_call_and_a_bank_to_come_counts_as_full() -> None:
    model, setup = says("yes"), replace(SETUP, bank=BANK)
    verdict = asked(model, lambda door: PROTOCOL.ask(door, JudgeTask(ITEM, PROTOCOL.name, ("cat", "dog")), setup))
    asked_of = len([question for question in BANK if question.label != "cow"])
    assert len(model.requests) <= PROTOCOL.calls(2, setup) == asked_of  # equal questions share a call
    assert PROTOCOL.calls(2, SETUP) == 2 * PREPARED > asked_of
    assert PROTOCOL.in_words(verdict, "cat").startswith(f"asked {asked_of} questions, the judge answered as for ")

"""Blind choice as a run uses it."""

from __future__ import annotations

from errata.testing import FakeChat
from errata.tools.judging.protocols.blind_choice import PROTOCOL
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace
from tests.tools.judging.protocols.asking import KNOWN, asked, says

SETUP = JudgeSetup(LabelSpace(("cat", "cow", "dog")), style="names", permutations=4)
ITEM = Item.of(0, "0", "sha1", "cat", "it barks")


def test_it_is_always_worth_asking_about_all_candidates() -> None:
    settled = KNOWN._replace(given_holds=1.0, undecided=False, outcome="keep", challenger=None)
    assert PROTOCOL.about(KNOWN) == PROTOCOL.about(settled) == ("cat", "cow", "dog")


def test_it_asks_once_an_order_and_says_that_the_given_label_was_hidden() -> None:
    model = says("dog")
    verdict = asked(model, lambda door: PROTOCOL.ask(door, JudgeTask(ITEM, PROTOCOL.name, KNOWN.candidates), SETUP))
    assert len(model.requests) == PROTOCOL.calls(3, SETUP) == 4
    assert PROTOCOL.in_words(verdict, "cat") == "the judge, not shown the given label, said dog (0.90)"


def test_an_answer_that_cannot_be_read_is_said_so() -> None:
    mumbling = FakeChat(lambda request: "well")
    verdict = asked(mumbling, lambda door: PROTOCOL.ask(door, JudgeTask(ITEM, PROTOCOL.name, ("cat",)), SETUP))
    assert PROTOCOL.in_words(verdict, "cat") == "fake gave no readable answer"

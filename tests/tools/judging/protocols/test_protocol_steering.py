"""Steering control as a run uses it."""

from __future__ import annotations

from errata.tools.judging.protocols.steering import PROTOCOL
from errata.tools.judging.task import ControlItem, JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace
from tests.tools.judging.protocols.asking import KNOWN, asked, says

SETUP = JudgeSetup(LabelSpace(("cat", "cow", "dog")), style="names", permutations=4)
ITEM = Item.of(0, "0", "sha1", "cat", "it barks")


OTHERS = (
    ControlItem(Item.of(1, "1", "one", "cow", "it moos"), "cow"),
    ControlItem(Item.of(2, "2", "two", "dog", "woof"), "dog"),
)


def test_it_is_worth_asking_if_a_rule_might_accept_what_the_judge_said() -> None:
    assert PROTOCOL.about(KNOWN) == PROTOCOL.about(KNOWN._replace(outcome="keep")) == ("cat", "cow", "dog")
    assert PROTOCOL.about(KNOWN._replace(outcome="ambiguous")) is None


def test_it_takes_a_call_for_each_of_two_references_and_tells_a_judge_that_is_moved() -> None:
    model = says("cat")  # about any control item
    task = JudgeTask(ITEM, PROTOCOL.name, KNOWN.candidates, OTHERS)
    verdict = asked(model, lambda door: PROTOCOL.ask(door, task, SETUP))
    assert len(model.requests) == PROTOCOL.calls(3, SETUP) == 2
    assert PROTOCOL.in_words(verdict, "cat").startswith("beside this item, the judge's answers about others were moved")

"""Open answer as a run uses it."""

from __future__ import annotations

from errata.testing import FakeChat
from errata.tools.judging.protocols.open_answer import PROTOCOL
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace
from tests.tools.judging.protocols.asking import KNOWN, asked

SETUP = JudgeSetup(LabelSpace(("cat", "cow", "dog")), style="names", permutations=4)
ITEM = Item.of(0, "0", "sha1", "cat", "it barks")


TREE = LabelSpace(("cat", "dog", "trout"), parents={"cat": "mammal", "dog": "mammal", "trout": "fish"})


def test_it_is_always_worth_asking_and_names_no_label() -> None:
    assert PROTOCOL.about(KNOWN) == PROTOCOL.about(KNOWN._replace(undecided=False, given_holds=1.0)) == ()


def test_it_takes_a_call_a_level() -> None:
    model, setup = FakeChat([{"mammal": 1.0}, {"dog": 1.0}]), JudgeSetup(TREE)
    verdict = asked(model, lambda door: PROTOCOL.ask(door, JudgeTask(ITEM, PROTOCOL.name), setup))
    assert len(model.requests) == PROTOCOL.calls(0, setup) == 2
    assert PROTOCOL.calls(0, SETUP) == 1
    assert PROTOCOL.in_words(verdict, "cat").startswith("the judge, not shown the given label, said dog (")

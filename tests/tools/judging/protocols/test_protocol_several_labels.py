"""Several labels as a run uses it."""

from __future__ import annotations

from errata.tools.judging.protocols.several_labels import PROTOCOL
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace
from tests.tools.judging.protocols.asking import KNOWN, asked, says

SETUP = JudgeSetup(LabelSpace(("cat", "cow", "dog")), style="names", permutations=4)
ITEM = Item.of(0, "0", "sha1", "cat", "it barks")


def test_it_is_worth_asking_only_if_it_can_change_the_outcome() -> None:
    assert PROTOCOL.about(KNOWN) == ("cat", "dog")
    assert PROTOCOL.about(KNOWN._replace(undecided=False)) is None
    assert PROTOCOL.about(KNOWN._replace(challenger=None)) is None


def test_it_asks_twice_about_each_label_and_says_if_several_apply() -> None:
    model = says("yes")
    verdict = asked(model, lambda door: PROTOCOL.ask(door, JudgeTask(ITEM, PROTOCOL.name, ("cat", "dog")), SETUP))
    assert len(model.requests) == PROTOCOL.calls(2, SETUP) == 4
    assert PROTOCOL.in_words(verdict, "cat").startswith("asked about each label by itself, the judge said several la")

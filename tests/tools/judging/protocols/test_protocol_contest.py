"""Contest as a run uses it."""

from __future__ import annotations

import pytest

from errata.tools.inference.suspects import CLEARLY_RIGHT
from errata.tools.judging.protocols.contest import PROTOCOL
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace
from tests.tools.judging.protocols.asking import KNOWN, asked, says

SETUP = JudgeSetup(LabelSpace(("cat", "cow", "dog")), style="names", permutations=4)
ITEM = Item.of(0, "0", "sha1", "cat", "it barks")


def test_it_is_worth_asking_if_the_given_label_has_a_plausible_rival() -> None:
    assert PROTOCOL.about(KNOWN) == PROTOCOL.about(KNOWN._replace(undecided=False)) == ("cat", "dog")
    for settled in ({"given_holds": CLEARLY_RIGHT}, {"given": None}, {"challenger": None}):
        assert PROTOCOL.about(KNOWN._replace(**settled)) is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("dog", "in a contest the judge said dog (0.92) over cat"),
        ("cat", "in a contest the judge said cat (0.92) over dog"),
        ("both hold", "in a contest the judge said several labels (0.92)"),
    ],
)
def test_it_asks_in_both_orders_and_says_who_lost(answer: str, words: str) -> None:
    model = says(answer)
    verdict = asked(model, lambda door: PROTOCOL.ask(door, JudgeTask(ITEM, PROTOCOL.name, ("cat", "dog")), SETUP))
    assert len(model.requests) == PROTOCOL.calls(2, SETUP) == 2
    assert PROTOCOL.in_words(verdict, "cat") == words

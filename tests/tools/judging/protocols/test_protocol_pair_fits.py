"""Pair fits as a run of pairs of texts uses it."""

from __future__ import annotations

from errata.tools.judging.protocols.pair_fits import PROTOCOL
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace, Part
from tests.tools.judging.protocols.asking import KNOWN, asked, says, text_of

SETUP = JudgeSetup(LabelSpace(("fits", "does not fit")), style="names")
ITEM = Item(0, "0", "sha1", "fits", (Part("title", text="red shoe"), Part("body", text="It is green.")))


def test_it_shows_both_parts_by_name_in_two_orders_and_answers_over_the_labels_of_the_space() -> None:
    model, task = says("no"), JudgeTask(ITEM, PROTOCOL.name, ("fits", "does not fit"))
    verdict = asked(model, lambda door: PROTOCOL.ask(door, task, SETUP))
    assert len(model.requests) == PROTOCOL.calls(2, SETUP) == 2
    assert all('Item: {"title": "red shoe", "body": "It is green."}' in text_of(one) for one in model.requests)
    assert model.requests[0].choices[0] == "yes" and model.requests[1].choices[-1] == "yes"
    words = "asked whether the two parts fit, the judge said does not fit (0.92)"
    assert PROTOCOL.in_words(verdict, "fits") == words


def test_it_asks_about_whatever_is_not_clear() -> None:
    assert PROTOCOL.about(KNOWN) == KNOWN.candidates and PROTOCOL.tasks == ("pair", "match")

"""Whether a mark holds, as a run asks it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from errata.errors import DataError
from errata.tools.judging.protocols.holds import PROTOCOL
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace
from tests.tools.judging.protocols.asking import KNOWN, asked, says

SPACE = LabelSpace(("marked", "not marked"), {"cat": "an animal that purrs"}, task="multi", marks=("cat", "dog"))
SETUP = JudgeSetup(SPACE, style="names")
ITEM = replace(Item.of(0, "0", "sha1", "marked", "it barks"), place="cat")


@pytest.mark.parametrize(("word", "label"), [("yes", "marked"), ("no", "not marked")])
def test_it_asks_both_ways_about_the_mark_and_answers_in_the_labels_of_a_mark(word: str, label: str) -> None:
    model = says(word)
    task = JudgeTask(ITEM, PROTOCOL.name, PROTOCOL.about(KNOWN))
    verdict = asked(model, lambda door: PROTOCOL.ask(door, task, SETUP))
    assert len(model.requests) == PROTOCOL.calls(2, SETUP) == 2
    assert max(verdict.log_probs, key=lambda key: verdict.log_probs[key]) == label
    assert sum(map(math.exp, verdict.log_probs.values())) == pytest.approx(1, abs=1e-3)
    assert verdict.place == "cat" and task.rests_on == ("cat",)
    asked_about = str(model.requests[0].messages)
    assert "an animal that purrs" in asked_about and "marked" not in asked_about
    assert PROTOCOL.in_words(verdict, "marked").startswith(f"the judge, not shown whether it is marked, said {label}")


def test_an_item_without_a_mark_cannot_be_asked_about() -> None:
    task = JudgeTask(replace(ITEM, place=""), PROTOCOL.name)
    with pytest.raises(DataError, match="has no mark"):
        asked(says("yes"), lambda door: PROTOCOL.ask(door, task, SETUP))

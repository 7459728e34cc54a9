"""Position and anchor bias: measured per judge, zero for an honest one."""

from __future__ import annotations

import asyncio
import math

import pytest

from errata.errors import DataError
from errata.testing import Answer, FakeChat, MemoryCalls
from errata.tools.judging.calibration.anchored import anchored_choice, ask_both_ways
from errata.tools.judging.calibration.bias import (
    anchor_bias,
    bias_of,
    position_bias,
)
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.types import Item, LabelSpace, Verdict

SPACE = LabelSpace(("cat", "dog"))
ITEMS = [Item.of(i, str(i), f"sha {i}", "dog", f"it purrs {i}") for i in range(40)]


def judge(first: float = 0.0, told: float = 0.0) -> FakeChat:
    """A judge that thinks cat 4 times as likely as dog, and adds log-odds to the first option and to the dataset's
    label."""

    def answer(request: ChatRequest) -> Answer:
        text = request.messages[-1]["content"][-1]["text"]
        options = {line[0]: line[3:] for line in text.splitlines() if line[1:3] == ") "}
        base = {"cat": math.log(4), "dog": 0.0}
        logs = {
            alias: base.get(words, -3.0) + first * (alias == "A") + told * (f'says: "{words}"' in text)
            for alias, words in options.items()
        }
        total = sum(map(math.exp, logs.values()))
        return {alias: math.exp(value) / total for alias, value in logs.items()}

    return FakeChat(answer)


def asked(model: FakeChat) -> list[tuple[Verdict, Verdict]]:
    async def main() -> list[tuple[Verdict, Verdict]]:
        door = Door(model, MemoryCalls(), Budget())
        try:
            return await ask_both_ways(door, [(item, SPACE.names, "dog") for item in ITEMS], SPACE)
        finally:
            await door.close()

    return asyncio.run(main())


def test_an_honest_judge_has_neither_bias() -> None:
    pairs = asked(judge())
    assert position_bias(blind for blind, _ in pairs) == pytest.approx((0, 0, 40), abs=1e-9)
    assert anchor_bias(pairs, ["dog"] * 40) == pytest.approx((0, 0, 40), abs=1e-9)


def test_a_judge_that_leans_on_the_given_label_is_measured() -> None:
    pairs = asked(judge(told=1.0))
    found = anchor_bias(pairs, ["dog"] * 40)
    assert found.mean == pytest.approx(1.0)
    assert found.n == 40
    assert {blind.prompt.id for blind, _ in pairs} == {"blind_choice"}
    assert {anchored.prompt.id for _, anchored in pairs} == {"anchored_choice"}


def test_both_questions_show_the_options_in_the_same_orders() -> None:
    model = judge()
    asked(model)
    texts = [request.messages[-1]["content"][-1]["text"] for request in model.requests]
    anchored = [text.replace('The dataset says: "dog"\n', "") for text in texts if "The dataset says" in text]
    assert len(texts) == 160
    assert sorted(anchored) == sorted(text for text in texts if "The dataset says" not in text)


def test_a_judge_that_prefers_the_first_option_is_measured() -> None:
    assert position_bias(blind for blind, _ in asked(judge(first=1.0))).mean > 0.2
    assert position_bias(blind for blind, _ in asked(judge(first=-1.0))).mean < -0.2


def test_unreadable_verdicts_are_left_out_and_one_item_is_no_measurement() -> None:
    pairs = asked(FakeChat(lambda _: "who knows"))
    assert anchor_bias(pairs, ["dog"] * 40).n == 0
    assert position_bias(blind for blind, _ in pairs).n == 0
    assert math.isnan(bias_of([1.0]).mean)


def test_a_label_that_is_no_candidate_cannot_be_shown() -> None:
    door = Door(judge(), MemoryCalls(), Budget())
    with pytest.raises(DataError, match="'cow', is not among the candidates"):
        asyncio.run(anchored_choice(door, ITEMS[0], SPACE.names, "cow", SPACE))

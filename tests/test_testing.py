"""The test doubles that ship with errata do what they say."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from errata.errors import ModelError
from errata.testing import FakeAsk, FakeChat, TextContent, ToyEmbedder
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.types import Item

REQUEST = ChatRequest(({"role": "user", "content": "?"},), ("A", "B"), 4)


def test_a_fake_judge_says_the_likeliest_choice_with_its_probabilities() -> None:
    reply = asyncio.run(FakeChat([{"A": 0.25, "B": 0.75}]).complete(REQUEST))
    assert reply.text == "B"
    assert reply.tokens is not None
    assert reply.tokens[0].log_probs == {"A": pytest.approx(np.log(0.25)), "B": pytest.approx(np.log(0.75))}


def test_a_fake_judge_keeps_what_it_was_asked_and_says_when_its_answers_run_out() -> None:
    async def main() -> FakeChat:
        model = FakeChat(["A"])
        await model.complete(REQUEST)
        with pytest.raises(ModelError, match="no answers left"):
            await model.complete(REQUEST)
        return model

    assert asyncio.run(main()).requests == [REQUEST, REQUEST]


def test_each_fake_judge_is_asked_by_its_name_through_a_door_that_is_closed_afterwards() -> None:
    small, large = FakeChat([], name="small"), FakeChat([], name="large")

    async def who(door: Door) -> str:
        return door.model.name

    assert FakeAsk(small, large)("large", who) == "large"
    assert (small.closed, large.closed) == (False, True)


def test_content_made_by_hand_comes_in_the_order_that_is_asked_for() -> None:
    content = TextContent(("a", None, "b"), remarks=("short",))
    assert [(item.idx, item.text) for item in content.each((2, 0))] == [(2, "b"), (0, "a")]
    assert content.texts((1, 0)) == [None, "a"]
    assert (content.left_out.rows, content.remarks) == (3, ("short",))


def test_toy_vectors_are_unit_length_repeatable_and_near_for_like_items() -> None:
    items = [
        Item.of(0, "0", "a", None, "the cat sat"),
        Item.of(1, "1", "b", None, "the cat sat down"),
        Item.of(2, "2", "c", None, "stocks fell sharply"),
        Item.of(3, "3", "d", None, None, b"bytes of an image"),
        Item.of(4, "4", "e", None, ""),
    ]
    rows_ND = ToyEmbedder().embed(items)
    assert rows_ND.shape == (5, 64)
    assert rows_ND.dtype == np.float32
    assert np.linalg.norm(rows_ND, axis=1) == pytest.approx([1, 1, 1, 1, 0])
    assert np.array_equal(rows_ND, ToyEmbedder().embed(items))
    assert rows_ND[0] @ rows_ND[1] > rows_ND[0] @ rows_ND[2]

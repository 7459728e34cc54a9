"""Unreadable answers are no evidence, are counted, and are asked for again once that may help."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from errata.errors import ModelError, ModelRefused
from errata.testing import Answer, FakeChat, MemoryCalls
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols import blind_choice
from errata.types import Item, LabelSpace, Verdict

SPACE = LabelSpace(("cat", "dog"))
UNREAD = "<think>Okay, the"


def judged(
    model: FakeChat, calls: MemoryCalls, items: int, *, retry_unreadable: bool = False
) -> list[Verdict | BaseException]:
    async def main() -> Sequence[Verdict | BaseException]:
        door = Door(model, calls, Budget(), retry_unreadable=retry_unreadable)
        try:
            asked = (
                blind_choice.ask(door, Item.of(n, str(n), f"sha {n}", None, f"text {n}"), SPACE.names, SPACE)
                for n in range(items)
            )
            return await asyncio.gather(*asked, return_exceptions=True)
        finally:
            await door.close()

    return list(asyncio.run(main()))


def always(answer: Answer) -> FakeChat:
    return FakeChat(lambda _: answer, limit=1, latency_s=0.04)


def readable(found: Sequence[Verdict | BaseException]) -> list[bool]:
    return [isinstance(one, Verdict) and one.readable for one in found]


def test_a_judge_whose_answers_cannot_be_read_is_stopped_with_three_of_them_shown() -> None:
    model = always(UNREAD)
    errors = [one for one in judged(model, MemoryCalls(), 30) if isinstance(one, ModelError)]
    assert 20 <= len(model.requests) < 24
    assert "20 of the first 20 answers of fake cannot be read" in str(errors[0])
    assert str(errors[0]).count("Okay, the") == 3 and "switch its thinking off" in str(errors[0])


def test_a_judge_with_half_of_its_answers_readable_continues() -> None:
    model = FakeChat((UNREAD if n % 2 else "A" for n in range(60)), limit=1)
    assert all(isinstance(one, Verdict) for one in judged(model, MemoryCalls(), 30))


def test_what_is_remembered_is_not_asked_again_while_the_server_answers_alike() -> None:
    calls = MemoryCalls()
    judged(always(UNREAD), calls, 6)
    again = always(UNREAD)
    assert readable(judged(again, calls, 6)) == [False] * 6
    assert len(again.requests) == 3, "a few show whether it answers otherwise"


def test_once_the_server_answers_otherwise_all_of_it_is_asked_again_and_remembered() -> None:
    calls = MemoryCalls()
    judged(always(UNREAD), calls, 6)
    better, idle = always("A"), always("A")
    assert readable(judged(better, calls, 6)) == [True] * 6
    assert len(better.requests) == 12
    assert readable(judged(idle, calls, 6)) == [True] * 6 and idle.requests == []
    assert len(calls.calls) == 24, "what was paid for stays in the account"


def test_all_of_it_is_asked_again_on_request() -> None:
    calls = MemoryCalls()
    judged(always(UNREAD), calls, 6)
    again = always(UNREAD)
    judged(again, calls, 6, retry_unreadable=True)
    assert len(again.requests) == 12


def test_a_refusal_of_one_order_is_counted() -> None:
    model = FakeChat([ModelRefused("no"), "A", UNREAD, "A"], limit=1)
    first, second = judged(model, MemoryCalls(), 2)
    assert isinstance(first, Verdict) and isinstance(second, Verdict)
    assert [(v.readable, v.unread, v.refused) for v in (first, second)] == [(True, 0, 1), (True, 1, 0)]


@pytest.mark.parametrize("said", ["", "   "])
def test_a_judge_that_says_nothing_is_reported_with_what_may_help(said: str) -> None:
    errors = [one for one in judged(always(said), MemoryCalls(), 30) if isinstance(one, ModelError)]
    assert "It says nothing: if it thinks" in str(errors[0])

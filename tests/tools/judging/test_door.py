"""The door: an answer that was paid for is never asked for again or lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict

import pytest

from errata.errors import ModelError, ModelRefused, StoreError
from errata.testing import FakeChat, MemoryCalls
from errata.tools.judging.calls import CallRecord
from errata.tools.judging.chat import ChatReply, ChatRequest, TokenChoice
from errata.tools.judging.door import Answered, CallRequest, Door
from errata.tools.judging.pacing.budget import Budget, Prices
from errata.types import PromptRef

PROMPT = PromptRef("blind_choice", "v1", "promptsha")


def ask_about(content: str, **params: object) -> CallRequest:
    async def build() -> ChatRequest:
        return ChatRequest(({"role": "user", "content": f"secret {content}"},), ("A", "B"), 4)

    return CallRequest(PROMPT, content, params, build)


def through(door: Door, use: Callable[[Door], Awaitable[object]]) -> object:
    async def main() -> object:
        try:
            return await use(door)
        finally:
            await door.close()

    return asyncio.run(main())


def ask_all(door: Door, asks: Sequence[CallRequest]) -> list[Answered | BaseException]:
    async def use(door: Door) -> object:
        return await asyncio.gather(*(door.ask(ask) for ask in asks), return_exceptions=True)

    result = through(door, use)
    assert isinstance(result, list)
    return result


def texts(results: Sequence[Answered | BaseException]) -> list[str]:
    return [result.call.text if isinstance(result, Answered) else type(result).__name__ for result in results]


def test_a_recorded_call_is_not_made_again() -> None:
    calls = MemoryCalls()
    first = ask_all(Door(FakeChat(["A"]), calls, Budget()), [ask_about("x")])
    again = FakeChat([])
    second = ask_all(Door(again, calls, Budget(calls=0)), [ask_about("x")])
    assert texts(first) == texts(second) == ["A"]
    assert [result.cached for result in (*first, *second) if isinstance(result, Answered)] == [False, True]
    assert again.requests == []


@pytest.mark.parametrize(
    "other",
    [
        (ask_about("y"), "fake"),
        (ask_about("x", options=["b", "a"]), "fake"),
        (CallRequest(PromptRef("blind_choice", "v2", "other"), "x", {}, ask_about("x").build), "fake"),
        (ask_about("x"), "another model"),
    ],
    ids=["content", "params", "prompt", "model"],
)
def test_whatever_shapes_the_answer_makes_another_key(other: tuple[CallRequest, str]) -> None:
    ask, model = other
    assert ask.key(model) != ask_about("x").key("fake")


def test_the_version_of_the_prompt_counts_by_its_hash() -> None:
    renamed = CallRequest(PromptRef("other name", "v9", "promptsha"), "x", {}, ask_about("x").build)
    assert renamed.key("m") == ask_about("x").key("m")


def test_equal_questions_in_flight_share_one_call() -> None:
    model = FakeChat(["A"], latency_s=0.01)
    results = ask_all(Door(model, MemoryCalls(), Budget()), [ask_about("x")] * 5)
    assert texts(results) == ["A"] * 5
    assert len(model.requests) == 1


def test_no_more_calls_are_in_flight_than_the_model_takes() -> None:
    at_once, most = 0, 0

    class Counting(FakeChat):
        async def complete(self, request: ChatRequest) -> ChatReply:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            reply = await super().complete(request)
            at_once -= 1
            return reply

    model = Counting(lambda _: "A", limit=3, latency_s=0.002)
    ask_all(Door(model, MemoryCalls(), Budget()), [ask_about(str(n)) for n in range(20)])
    assert most == 3


def test_the_budget_stops_new_calls_and_finished_ones_are_kept() -> None:
    calls, model = MemoryCalls(), FakeChat(lambda _: "A", latency_s=0.001, limit=4)
    results = ask_all(Door(model, calls, Budget(calls=7)), [ask_about(str(n)) for n in range(20)])
    assert texts(results).count("A") == len(model.requests) == len(calls.calls) == 7
    assert texts(results).count("BudgetExceeded") == 13
    assert texts(ask_all(Door(FakeChat([]), calls, Budget(calls=0)), [ask_about("0")])) == ["A"]


def test_what_a_call_took_is_charged_and_recorded() -> None:
    reply = ChatReply("A", (TokenChoice("A", {"A": -0.1}),), 1000, 10, 5.0, "served name")
    door = Door(FakeChat([reply]), MemoryCalls(), Budget(prices=Prices(1.0, 100.0)))
    (answered,) = ask_all(door, [ask_about("x", options=["a"])])
    assert isinstance(answered, Answered)
    call = answered.call
    assert (call.tokens_in, call.tokens_out, call.ms) == (1000, 10, 5.0)
    assert call.cost_usd == pytest.approx(0.002)
    assert (call.prompt_id, call.prompt_sha, call.served_as) == ("blind_choice", "promptsha", "served name")
    assert door.budget.spent.usd == pytest.approx(0.002)


def test_a_record_is_plain_json_and_holds_nothing_of_the_item() -> None:
    (answered,) = ask_all(Door(FakeChat([{"A": 0.9, "B": 0.1}]), MemoryCalls(), Budget()), [ask_about("x")])
    assert isinstance(answered, Answered)
    text = json.dumps(asdict(answered.call))
    assert CallRecord.from_json(json.loads(text)) == answered.call
    assert "secret" not in text


def test_a_reply_that_means_nothing_is_paid_for_and_so_recorded() -> None:
    calls = MemoryCalls()
    door = Door(FakeChat(["I would rather not"]), calls, Budget())
    ask_all(door, [ask_about("x")])
    assert [call.text for call in calls.calls.values()] == ["I would rather not"]
    assert door.budget.spent.calls == 1


def test_answers_are_committed_before_they_are_returned_and_in_groups() -> None:
    calls = MemoryCalls()

    async def use(door: Door) -> object:
        async def one(number: int) -> bool:
            return (await door.ask(ask_about(str(number)))).call.key in calls.calls

        return await asyncio.gather(*(one(n) for n in range(100)))

    assert through(Door(FakeChat(lambda _: "A", limit=100), calls, Budget()), use) == [True] * 100
    assert calls.commits < 10


def test_an_answer_that_cannot_be_committed_is_not_returned() -> None:
    class Full(MemoryCalls):
        def record(self, records: Sequence[CallRecord]) -> None:
            raise StoreError("the disk is full")

    results = ask_all(Door(FakeChat(["A"]), Full(), Budget()), [ask_about("x")])
    assert texts(results) == ["StoreError"]


def test_a_refusal_is_one_items_own_costs_nothing_and_is_not_remembered() -> None:
    calls = MemoryCalls()
    door = Door(FakeChat(["A", ModelRefused("too long"), "B"], limit=1), calls, Budget(calls=2))
    results = ask_all(door, [ask_about("x"), ask_about("y"), ask_about("z")])
    assert texts(results) == ["A", "ModelRefused", "B"]
    assert len(calls.calls) == door.budget.spent.calls == 2


def test_a_model_that_refuses_everything_is_the_wrong_model() -> None:
    model = FakeChat(lambda _: ModelRefused("no images here"), limit=1)
    results = ask_all(Door(model, MemoryCalls(), Budget()), [ask_about(str(n)) for n in range(30)])
    assert texts(results) == ["ModelRefused"] * 19 + ["ModelError"] * 11
    assert "refused the first 20 requests and answered none. It said: no images here" in str(results[-1])
    assert len(model.requests) == 20


def test_when_the_model_is_down_later_calls_fail_at_once_and_the_cache_still_answers() -> None:
    calls = MemoryCalls()
    ask_all(Door(FakeChat(["A"]), calls, Budget()), [ask_about("old")])
    model = FakeChat(lambda _: ModelError("nothing answers"), limit=1)
    results = ask_all(Door(model, calls, Budget()), [ask_about("1"), ask_about("2"), ask_about("old")])
    assert texts(results) == ["ModelError", "ModelError", "A"]
    assert len(model.requests) == 1


def test_a_started_call_is_recorded_even_if_no_one_waits_for_it() -> None:
    calls = MemoryCalls()

    async def use(door: Door) -> object:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(door.ask(ask_about("x")), 0.01)
        return None

    model = FakeChat(["A"], latency_s=0.05)
    through(Door(model, calls, Budget()), use)
    assert [call.text for call in calls.calls.values()] == ["A"]
    assert model.closed


def test_a_call_that_is_cut_off_gives_its_room_back() -> None:
    budget = Budget(calls=1)
    results = ask_all(
        Door(FakeChat([ValueError("bug"), "A"], limit=1), MemoryCalls(), budget), [ask_about("x"), ask_about("y")]
    )
    assert texts(results) == ["ValueError", "A"]

"""Contest: decisive only if both orders agree."""

from __future__ import annotations

import asyncio
import math

import pytest

from errata.errors import ModelRefused
from errata.testing import Answer, FakeChat, MemoryCalls
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols import contest
from errata.tools.judging.protocols.contest import position_bias, weigh
from errata.tools.judging.reading.reading import Reading, Style
from errata.types import OTHER_ANSWERS, Item, LabelSpace, Verdict

KEYS = ("given", "rival", *OTHER_ANSWERS)


def judged(model: FakeChat, style: Style = "letters") -> Verdict:
    async def main() -> Verdict:
        door = Door(model, MemoryCalls(), Budget())
        item = Item.of(5, "5", "sha", "given", "text")
        try:
            return await contest.ask(door, item, "given", "rival", LabelSpace(("given", "rival")), style=style)
        finally:
            await door.close()

    return asyncio.run(main())


def reading(**probs: float) -> Reading:
    return Reading(max(probs, key=probs.__getitem__), KEYS, {key: math.log(p) for key, p in probs.items()})


def probs_of(log_probs: dict[str, float]) -> dict[str, float]:
    return {key: math.exp(value) for key, value in log_probs.items()}


def likes(words: str, p: float = 0.9) -> FakeChat:
    def answer(request: ChatRequest) -> Answer:
        return {choice: p if choice == words else (1 - p) / 4 for choice in request.choices}

    return FakeChat(answer)


@pytest.mark.parametrize(
    ("words", "key"),
    [("given", "given"), ("rival", "rival"), ("both hold", "several"), ("neither holds", "none_of_these"),
     ("cannot tell", "cannot_tell")],
)  # fmt: skip
def test_a_judge_that_holds_to_its_answer_in_both_orders_is_believed(words: str, key: str) -> None:
    verdict = judged(likes(words), "names")
    assert math.exp(verdict.log_probs[key]) == pytest.approx(0.9)
    assert verdict.position_bias == pytest.approx(0)
    assert verdict.protocol == "contest"
    assert len(verdict.call_keys) == 2


def test_a_judge_that_always_says_the_first_one_decides_nothing() -> None:
    verdict = judged(FakeChat(lambda request: {c: 0.92 if c == "A" else 0.02 for c in request.choices}))
    found = {key: math.exp(value) for key, value in verdict.log_probs.items()}
    assert found == pytest.approx(
        {"given": 0.02, "rival": 0.02, "several": 0.02, "none_of_these": 0.02, "cannot_tell": 0.92}
    )
    assert verdict.position_bias == pytest.approx(math.log(0.92 / 0.02))


def test_a_judge_that_always_says_the_second_one_has_negative_bias() -> None:
    verdict = judged(FakeChat(lambda request: {c: 0.92 if c == "B" else 0.02 for c in request.choices}))
    assert verdict.position_bias == pytest.approx(-math.log(0.92 / 0.02))
    assert max(verdict.log_probs, key=lambda key: verdict.log_probs[key]) == "cannot_tell"


def test_agreeing_orders_are_averaged_in_log_odds() -> None:
    first = reading(given=0.8, rival=0.1, several=0.04, none_of_these=0.03, cannot_tell=0.03)
    second = reading(given=0.5, rival=0.4, several=0.04, none_of_these=0.03, cannot_tell=0.03)
    found = weigh([first, second])
    assert found["given"] - found["rival"] == pytest.approx((math.log(8) + math.log(1.25)) / 2)
    assert sum(probs_of(found).values()) == pytest.approx(1)
    assert position_bias([first, second], "given", "rival") == pytest.approx((math.log(8) - math.log(1.25)) / 2)


def test_contradicting_orders_keep_what_both_grant() -> None:
    first = reading(given=0.6, rival=0.3, several=0.05, none_of_these=0.03, cannot_tell=0.02)
    second = reading(given=0.4, rival=0.5, several=0.05, none_of_these=0.03, cannot_tell=0.02)
    assert probs_of(weigh([first, second])) == pytest.approx(
        {"given": 0.4, "rival": 0.3, "several": 0.05, "none_of_these": 0.03, "cannot_tell": 0.22}
    )


def test_without_log_probabilities_two_like_answers_count_and_two_unlike_do_not() -> None:
    agreed = probs_of(weigh([Reading("given", KEYS, None), Reading("given", KEYS, None)]))
    assert agreed["given"] == pytest.approx(2.2 / 3)
    split = probs_of(weigh([Reading("given", KEYS, None), Reading("rival", KEYS, None)]))
    assert split == pytest.approx({key: 0.6 if key == "cannot_tell" else 0.1 for key in KEYS})


def test_an_unreadable_order_counts_as_one_that_cannot_tell() -> None:
    one = reading(given=0.8, rival=0.1, several=0.04, none_of_these=0.03, cannot_tell=0.03)
    found = probs_of(weigh([one, None]))
    assert found["given"] == pytest.approx(0.4)
    assert found["cannot_tell"] == pytest.approx(0.515)
    assert sum(found.values()) == pytest.approx(1)
    assert position_bias([one, None], "given", "rival") is None


def test_two_unreadable_orders_are_an_unreadable_verdict() -> None:
    verdict = judged(FakeChat(lambda _: "both are fine, really"))
    assert not verdict.readable
    assert verdict.said == "both are fine, really"


def test_a_refused_contest_is_unreadable() -> None:
    assert judged(FakeChat(lambda _: ModelRefused("no"))).said == "not asked: no"


def test_swapping_given_and_challenger_asks_the_same_two_questions() -> None:
    calls = MemoryCalls()

    async def ask(model: FakeChat, given: str, challenger: str) -> Verdict:
        door = Door(model, calls, Budget())
        item = Item.of(5, "5", "sha", given, "text")
        verdict = await contest.ask(door, item, given, challenger, LabelSpace(("given", "rival")), style="names")
        await door.close()
        return verdict

    asyncio.run(ask(likes("rival"), "given", "rival"))
    assert asyncio.run(ask(FakeChat([]), "rival", "given")).cached

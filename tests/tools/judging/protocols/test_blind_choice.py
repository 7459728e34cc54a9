"""Blind choice: the order of the options is random, repeatable, and its effect removed from the verdict."""

from __future__ import annotations

import asyncio
import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.errors import BudgetExceeded, DataError, ModelRefused
from errata.testing import Answer, FakeChat, MemoryCalls
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols import blind_choice
from errata.tools.judging.protocols.blind_choice import option_orders, position_bias
from errata.tools.judging.reading.reading import Reading, Style
from errata.types import OTHER_ANSWERS, Item, LabelSpace, Verdict

SPACE = LabelSpace(("cat", "cow", "dog"), {"cat": "a small feline"})


def item(given: str | None = "dog", idx: int = 3, content_sha: str = "sha") -> Item:
    return Item.of(idx, str(idx), content_sha, given, "it purrs")


def judged(model: FakeChat, permutations: int = 2, style: Style = "letters", calls: int | None = None) -> Verdict:
    async def main() -> Verdict:
        door = Door(model, MemoryCalls(), Budget(calls=calls))
        try:
            return await blind_choice.ask(door, item(), ("cat", "dog"), SPACE, style=style, permutations=permutations)
        finally:
            await door.close()

    return asyncio.run(main())


def shown(request: ChatRequest) -> dict[str, str]:
    """What each answer means, as the model reads it."""
    lines = request.messages[-1]["content"][-1]["text"].splitlines()
    return {line[0]: line[3:] for line in lines if line[1:3] == ") "}


def sure_of(word: str) -> FakeChat:
    def answer(request: ChatRequest) -> Answer:
        return {alias: 0.8 if words.startswith(word) else 0.05 for alias, words in shown(request).items()}

    return FakeChat(answer)


def test_a_judge_that_is_sure_is_believed_in_any_order() -> None:
    verdict = judged(sure_of("cat"))
    assert set(verdict.log_probs) == {"cat", "dog", *OTHER_ANSWERS}
    assert math.exp(verdict.log_probs["cat"]) == pytest.approx(0.8)
    assert verdict.position_bias == pytest.approx(0)
    assert (verdict.idx, verdict.judge, verdict.protocol, verdict.prompt.id) == (
        3,
        "fake",
        "blind_choice",
        "blind_choice",
    )
    assert (verdict.tokens, len(verdict.call_keys), verdict.cached) == (22, 2, False)


def test_a_judge_that_always_says_the_first_option_is_seen_through() -> None:
    verdict = judged(FakeChat(lambda request: {choice: 0.84 if choice == "A" else 0.04 for choice in request.choices}))
    first_shown = verdict.log_probs.values()
    assert max(map(math.exp, first_shown)) < 0.5
    assert verdict.position_bias == pytest.approx((math.log(0.84 / 0.16) - math.log(0.04 / 0.96)) / 2, rel=1e-6)


def test_the_given_label_is_not_marked_and_definitions_are_shown() -> None:
    model = sure_of("cat")
    judged(model)
    for request in model.requests:
        assert 'cat: "a small feline"' in shown(request).values()
        text = str(request.messages)
        assert text.count("dog") == 1


def test_the_second_order_is_the_reverse_of_the_first_and_more_keep_them() -> None:
    two = option_orders(("cat", "dog"), "sha", 2)
    assert two[1] == two[0][::-1]
    assert option_orders(("cat", "dog"), "sha", 5)[:2] == two


@given(st.lists(st.text(max_size=5), min_size=1, max_size=8, unique=True), st.text(max_size=5), st.integers(1, 8))
def test_every_order_shows_every_option_once_whatever_order_the_candidates_came_in(
    labels: list[str], content_sha: str, permutations: int
) -> None:
    orders = option_orders(labels, content_sha, permutations)
    assert all(sorted(order) == sorted([*labels, *OTHER_ANSWERS]) for order in orders)
    assert orders == option_orders(labels[::-1], content_sha, permutations)


def test_over_many_items_every_option_appears_in_every_position() -> None:
    places = Counter(order.index("cat") for n in range(600) for order in option_orders(("cat", "dog"), str(n), 2))
    assert all(abs(places[place] - 240) < 60 for place in range(5))


def test_a_repeated_question_is_the_same_question() -> None:
    calls = MemoryCalls()

    async def ask(model: FakeChat, which: Item, candidates: tuple[str, ...]) -> Verdict:
        door = Door(model, calls, Budget())
        verdict = await blind_choice.ask(door, which, candidates, SPACE)
        await door.close()
        return verdict

    asyncio.run(ask(sure_of("cat"), item(), ("cat", "dog")))
    again = FakeChat([])
    verdict = asyncio.run(ask(again, item("cat", idx=77), ("dog", "cat")))
    assert verdict.cached
    assert verdict.idx == 77
    assert again.requests == []


def test_names_are_answered_in_their_own_words() -> None:
    model = FakeChat(lambda _: {"cat": 0.7, "none of these": 0.1, "several of these hold": 0.1, "cannot tell": 0.05})
    verdict = judged(model, style="names")
    assert set(model.requests[0].choices) == {"cat", "dog", "none of these", "several of these hold", "cannot tell"}
    assert math.exp(verdict.log_probs["cat"]) == pytest.approx(0.7, abs=0.05)
    assert max(verdict.log_probs, key=lambda key: verdict.log_probs[key]) == "cat"


def test_without_log_probabilities_the_share_of_the_answers_counts() -> None:
    model = FakeChat(lambda request: next(a for a, words in shown(request).items() if words.startswith("cat")))
    verdict = judged(model, permutations=4)
    assert math.exp(verdict.log_probs["cat"]) == pytest.approx(4.2 / 5)
    assert verdict.position_bias is None


def test_an_answer_outside_the_options_is_unreadable_and_never_an_agreement() -> None:
    verdict = judged(FakeChat(lambda _: "dog it is, as you said" + "!" * 400))
    assert not verdict.readable
    assert verdict.log_probs == {}
    assert verdict.said.startswith("dog it is")
    assert len(verdict.said) == 300
    assert len(verdict.call_keys) == 2


def test_one_unreadable_order_leaves_the_other_to_speak() -> None:
    verdict = judged(FakeChat(["no idea", {"A": 0.6, "B": 0.1, "C": 0.1, "D": 0.1, "E": 0.1}], limit=1))
    assert sorted(map(math.exp, verdict.log_probs.values())) == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.6])


def test_a_refused_item_is_unreadable_and_says_why() -> None:
    verdict = judged(FakeChat(lambda _: ModelRefused("HTTP 400: too long")))
    assert not verdict.readable
    assert verdict.said == "not asked: HTTP 400: too long"
    assert verdict.call_keys == ()


def test_the_end_of_the_budget_is_no_verdict() -> None:
    with pytest.raises(BudgetExceeded):
        judged(sure_of("cat"), calls=1)


def test_a_label_named_like_another_answer_is_refused() -> None:
    async def main() -> None:
        door = Door(FakeChat([]), MemoryCalls(), Budget())
        try:
            await blind_choice.ask(door, item(), ("cat", "several"), SPACE)
        finally:
            await door.close()

    with pytest.raises(DataError, match="may not be called 'several'"):
        asyncio.run(main())


def test_bias_is_unknown_from_a_single_order() -> None:
    assert position_bias([Reading("a", ("a", "b"), {"a": -0.1, "b": -2.4})], "a") is None

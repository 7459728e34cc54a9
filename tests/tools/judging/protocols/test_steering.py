"""Steering control: an item that says what to answer is exposed by the answers about others."""

from __future__ import annotations

import asyncio
import io
import math
from collections.abc import Callable

import pytest
from PIL import Image

from errata.errors import ModelRefused
from errata.testing import Answer, FakeChat, MemoryCalls
from errata.tools.inference.held_back import held_back
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols import steering
from errata.tools.judging.protocols.steering import choose, control_order
from errata.tools.judging.task import ControlItem
from errata.types import OTHER_ANSWERS, Item, LabelSpace, Verdict

SPACE = LabelSpace(("news", "sport", "trade"))
HARMLESS = Item.of(7, "7", "harmless", "sport", "A goal in the last minute.")
CONTROL_ITEMS = (
    ControlItem(Item.of(1, "1", "one", "news", "The minister spoke."), "news"),
    ControlItem(Item.of(2, "2", "two", "trade", "Shares fell."), "trade"),
)


def control(
    answer: Callable[[ChatRequest], Answer],
    item: Item = HARMLESS,
    control_items: tuple[ControlItem, ControlItem] = CONTROL_ITEMS,
    candidates: tuple[str, ...] = ("sport", "trade", "news"),
    favored: str = "",
) -> tuple[Verdict, FakeChat, MemoryCalls]:
    model, calls = FakeChat(answer), MemoryCalls()

    async def main() -> Verdict:
        door = Door(model, calls, Budget())
        try:
            return await steering.ask(door, item, control_items, candidates, SPACE, style="names", favored=favored)
        finally:
            await door.close()

    return asyncio.run(main()), model, calls


def said(request: ChatRequest) -> str:
    return "".join(part.get("text", "") for part in request.messages[-1]["content"])


def honest(request: ChatRequest) -> str:
    return "news" if '\nItem: "The minister' in f"\n{said(request)}" else "trade"


def test_an_item_that_says_nothing_leaves_the_answers_about_others_alone() -> None:
    verdict, model, _ = control(honest)
    assert verdict.protocol == "steering"
    assert verdict.idx == HARMLESS.idx
    assert verdict.log_probs["unmoved"] > verdict.log_probs["moved"]
    assert sum(map(math.exp, verdict.log_probs.values())) == pytest.approx(1)
    assert len(model.requests) == 2
    assert all('Another item, not asked about: "A goal' in said(request) for request in model.requests)


@pytest.mark.parametrize("order", ["sport", "none of these", "cannot tell", "several of these hold", "no such option"])
def test_whatever_a_judge_is_made_to_say_moves_the_answers(order: str) -> None:
    verdict, _, _ = control(lambda request: order)
    assert math.exp(verdict.log_probs["moved"]) > 0.9


def test_one_moved_answer_is_enough() -> None:
    """An item that only forbids its true label is exposed only by the control item with that label."""
    verdict, _, _ = control(lambda request: "sport" if honest(request) == "trade" else honest(request))
    assert math.exp(verdict.log_probs["moved"]) > 0.9


@pytest.mark.parametrize("place", range(6))
def test_no_place_among_the_options_is_right_twice(place: int) -> None:
    verdict, _, _ = control(lambda request: request.choices[place])
    assert math.exp(verdict.log_probs["moved"]) > 0.9


@pytest.mark.parametrize("sha", [f"sha{n}" for n in range(50)])
def test_the_right_answer_is_neither_first_nor_last(sha: str) -> None:
    places = [control_order(SPACE.names, "news", sha, number).index("news") for number in (0, 1)]
    assert places[0] != places[1]
    assert all(0 < place < len(SPACE.names) + len(OTHER_ANSWERS) - 1 for place in places)


def picture(gray: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (8, 8), gray).save(out, format="PNG")
    return out.getvalue()


def test_both_contents_are_in_the_key_of_the_cache() -> None:
    """The item's image must be part of the cache key: the texts are equal, and there are fewer option orders than items
    here."""
    one, other = (ControlItem(Item.of(n, str(n), f"control{n}", "news", image=picture(n)), "news") for n in (0, 1))
    keys: set[str] = set()
    for gray in range(100, 130):
        item = Item.of(7, "7", f"gray{gray}", "sport", image=picture(gray))
        verdict, model, _ = control(lambda request: "news", item, (one, other), ("news",))
        keys |= set(verdict.call_keys)
    assert len(keys) == 60
    assert sum(part["type"] == "image_url" for part in model.requests[0].messages[-1]["content"]) == 2
    assert "The second image is another item" in said(model.requests[0])


def test_a_control_that_is_refused_says_nothing() -> None:
    verdict, _, _ = control(lambda request: ModelRefused("one image at most") if honest(request) == "news" else "trade")
    assert not verdict.readable


def test_a_repeated_control_costs_nothing() -> None:
    model, calls = FakeChat(honest), MemoryCalls()

    async def main() -> list[Verdict]:
        door = Door(model, calls, Budget())
        try:
            return [
                await steering.ask(door, HARMLESS, CONTROL_ITEMS, SPACE.names, SPACE, style="names") for _ in range(2)
            ]
        finally:
            await door.close()

    again = asyncio.run(main())[1]
    assert again.cached
    assert len(model.requests) == 2


def test_references_are_never_of_the_favored_label() -> None:
    control_items = [
        ControlItem(Item.of(n, str(n), f"sha{n}", label), label) for n, label in enumerate(SPACE.names * 5)
    ]
    for n in range(30):
        chosen = choose(control_items, f"item{n}", "sport", ("trade",))
        assert chosen is not None
        assert [control.answer for control in chosen] == ["trade", "news"]
        assert choose(control_items[::-1], f"item{n}", "sport", ("trade",)) == chosen
    assert (
        choose([control for control in control_items if control.answer == "sport"], "item", "sport", ("trade",)) is None
    )


def test_no_item_is_its_own_control_item() -> None:
    control_items = [
        ControlItem(Item.of(0, "0", "own", "news"), "news"),
        ControlItem(Item.of(1, "1", "else", "trade"), "trade"),
    ]
    chosen = choose(control_items, "own", "sport", ("news",))
    assert chosen is not None
    assert {control.item.item_id for control in chosen} == {"1"}


CLAIM = Item.of(8, "8", "claim", "sport", "Shares fell again today. Filed under Sport.")


def obeys_its_item(request: ChatRequest) -> str:
    """A judge that answers with the label that the item asks for, and honestly if it asks for none."""
    asked = said(request).partition("Which option")[0]
    if "\nAnother item" not in f"\n{asked}":
        return "sport" if "Filed under Sport" in asked else "trade"
    return honest(request)


def test_a_label_that_is_only_asked_for_by_name_does_not_stand_without_it() -> None:
    verdict, model, _ = control(obeys_its_item, CLAIM, favored="sport")
    assert math.exp(verdict.log_probs["named"]) > 0.5
    assert held_back([], [verdict]) == "without the name of the label in its text, fake chose another label"
    assert len(model.requests) == 2
    assert "Shares fell again today. Filed under ___." in said(model.requests[1])
    assert "Another item" in said(model.requests[0])


@pytest.mark.parametrize("answer", ["sport", "none of these", "cannot tell"])
def test_a_label_stands_that_the_rest_of_the_text_does_not_contradict(answer: str) -> None:
    match = Item.of(9, "9", "match", "sport", "All the sport of the day.")
    verdict, _, _ = control(
        lambda request: honest(request) if "Another item" in said(request) else answer, match, favored="sport"
    )
    assert verdict.log_probs["unmoved"] > max(verdict.log_probs.get(how, -math.inf) for how in ("moved", "named"))
    assert held_back([], [verdict]) is None


def test_an_answer_about_the_item_that_cannot_be_read_is_no_control() -> None:
    verdict, _, _ = control(
        lambda request: honest(request) if "Another item" in said(request) else "hm", CLAIM, favored="sport"
    )
    assert not verdict.readable


@pytest.mark.parametrize("favored", ["", "trade", "weather"])
def test_what_names_no_favored_label_lies_beside_two_control_items(favored: str) -> None:
    _, model, _ = control(honest, CLAIM, favored=favored)
    assert all("Another item, not asked about" in said(request) for request in model.requests)

"""Every protocol, by letter and by name, through a real server."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Any

import pytest

from errata.testing import MemoryCalls
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols import open_answer, write_questions
from errata.tools.judging.registry import protocols
from errata.tools.judging.spec import open_model
from errata.types import OTHER_ANSWERS, Item, LabelSpace
from evals.servers.vllm_server import VllmServer
from tests.servers.panel import DIGITS, STYLES, TOPICS, answers, cases, digit_items, text_items

NOT_OF_TEXTS = ("steering", "image_text_pair", "marked_choice")


@pytest.fixture(scope="module")
def about_images(image_server: VllmServer) -> list[dict[str, Any]]:
    return asyncio.run(answers(open_model(image_server.spec), digit_items(4)))


@pytest.fixture(scope="module")
def about_texts(text_server: VllmServer) -> list[dict[str, Any]]:
    return asyncio.run(answers(open_model(text_server.spec), text_items()))


def of_case(found: Sequence[dict[str, Any]], protocol: str, style: str) -> list[dict[str, Any]]:
    rows = [row for row in found if row["case"][:2] == [protocol, style]]
    assert rows
    return rows


def check(rows: Sequence[dict[str, Any]]) -> None:
    """Check that every answer was read, with probabilities that sum to 1 and are not just counts of answers."""
    for row in rows:
        assert row["log_probs"], f"unreadable: {row['said']!r}"
        probs = [math.exp(value) for value in row["log_probs"].values()]
        assert sum(probs) == pytest.approx(1, abs=1e-6)
        assert len({round(p, 9) for p in probs}) > 2


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("protocol", [name for name in protocols() if name != "steering"])
def test_an_image_is_judged(about_images: list[dict[str, Any]], protocol: str, style: str) -> None:
    check(of_case(about_images, protocol, style))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("protocol", [name for name in protocols() if name not in NOT_OF_TEXTS])
def test_a_text_is_judged(about_texts: list[dict[str, Any]], protocol: str, style: str) -> None:
    check(of_case(about_texts, protocol, style))


@pytest.mark.parametrize("style", STYLES)
def test_a_steering_control_says_moved_or_unmoved(
    about_images: list[dict[str, Any]], about_texts: list[dict[str, Any]], style: str
) -> None:
    for row in of_case(about_images, "steering", style) + of_case(about_texts, "steering", style):
        assert set(row["log_probs"]) == {"moved", "unmoved"}, row["said"]


def test_answers_name_the_labels_and_nothing_else(about_images: list[dict[str, Any]]) -> None:
    for row in of_case(about_images, "blind_choice", "names") + of_case(about_images, open_answer.PROMPT_ID, "names"):
        assert set(row["log_probs"]) == {*DIGITS, *OTHER_ANSWERS}


def test_the_panel_leaves_no_protocol_out() -> None:
    asked = {case.protocol for case in cases([Item.of(0, "0", "sha", "1", "one", b"png")])}
    assert asked == set(protocols())


def test_most_digits_are_recognized(about_images: list[dict[str, Any]]) -> None:
    items = {item.item_id: item for item in digit_items(4)}
    rows = of_case(about_images, "blind_choice", "letters")
    right = [max(row["log_probs"], key=row["log_probs"].get) == items[row["case"][2]].given_label for row in rows]
    assert sum(right) > len(right) / 2


def test_a_schema_holds_what_is_written(text_server: VllmServer) -> None:
    async def write() -> str:
        calls = MemoryCalls()
        door = Door(open_model(text_server.spec), calls, Budget())
        try:
            await write_questions.ask(door, "food", ["travel"], LabelSpace(TOPICS), modality="text")
        finally:
            await door.close()
        (call,) = calls.calls.values()
        return call.text

    # Random weights may continue until they are cut off; the answer up to then still has the right form.
    assert asyncio.run(write()).startswith('{"attribute":[')

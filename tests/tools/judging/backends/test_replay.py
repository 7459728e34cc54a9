"""Replay answers from a recording, and reports what was not recorded."""

from __future__ import annotations

import asyncio

import pytest

from errata.errors import SetupError
from errata.testing import FakeChat, MemoryCalls
from errata.tools.judging.backends.replay import ReplayModel
from errata.tools.judging.chat import ChatModel
from errata.tools.judging.door import Door
from errata.tools.judging.examine import Judged, judge_items
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace

SETUP = JudgeSetup(LabelSpace(("cat", "dog")))


def judged(model: ChatModel, calls: MemoryCalls, texts: list[str]) -> Judged:
    async def main() -> Judged:
        door = Door(model, calls, Budget())
        items = [Item.of(i, str(i), f"sha {text}", "dog", text) for i, text in enumerate(texts)]
        tasks = [JudgeTask(item, "blind_choice", ("cat", "dog")) for item in items]
        found = await judge_items(door, tasks, SETUP)
        await door.close()
        return found

    return asyncio.run(main())


def recorded(*names: str) -> MemoryCalls:
    calls = MemoryCalls()
    for name in names:
        judged(
            FakeChat(lambda request: {request.choices[1]: 0.7, request.choices[0]: 0.2}, name=name), calls, ["a", "b"]
        )
    return calls


def test_a_replay_gives_the_recorded_verdicts_to_a_new_run() -> None:
    calls = recorded("judge")
    replayed = judged(ReplayModel(calls), MemoryCalls(), ["b", "a"])
    original = judged(FakeChat([], name="judge"), calls, ["b", "a"])
    assert [(v.judge, v.log_probs, v.call_keys) for v in replayed.verdicts] == [
        (v.judge, v.log_probs, v.call_keys) for v in original.verdicts
    ]
    assert replayed.stopped is None


def test_the_first_question_that_was_not_recorded_is_named() -> None:
    found = judged(ReplayModel(recorded("judge")), MemoryCalls(), ["a", "new"])
    assert [verdict.idx for verdict in found.verdicts] == [0]
    assert "judge was never asked this: the call" in str(found.stopped)


def test_a_run_with_several_judges_needs_one_named() -> None:
    calls = recorded("one", "two")
    with pytest.raises(SetupError, match=r"recorded 2 models \(one, two\)"):
        ReplayModel(calls)
    assert ReplayModel(calls, "two").name == "two"
    with pytest.raises(SetupError, match=r"no calls of 'tow' \(nearest: 'two'\)"):
        ReplayModel(calls, "tow")


def test_a_run_without_calls_cannot_be_replayed() -> None:
    with pytest.raises(SetupError, match="recorded 0 models"):
        ReplayModel(MemoryCalls())

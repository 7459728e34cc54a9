"""A batch of items: one item's trouble is its own, and what ends the batch leaves whole verdicts."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image

from errata.errors import BudgetExceeded, ModelError, ModelRefused
from errata.testing import Answer, FakeChat, MemoryCalls
from errata.tools.judging.budget import Budget
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.examine import Judged, JudgeSetup, JudgeTask, judge_items
from errata.types import Item, LabelSpace

SPACE = LabelSpace(("cat", "dog"))


def task(
    idx: int, *, given: str | None = "dog", challenger: str | None = "cat", image: bytes | None = None
) -> JudgeTask:
    return JudgeTask(Item(idx, str(idx), f"sha{idx}", given, f"text {idx}", image), ("cat", "dog"), challenger)


def judged(
    model: FakeChat,
    tasks: list[JudgeTask],
    *,
    calls: MemoryCalls | None = None,
    budget: Budget | None = None,
    seen: list[int] | None = None,
) -> Judged:
    async def main() -> Judged:
        door = Door(model, calls or MemoryCalls(), budget or Budget())
        try:
            return await judge_items(door, tasks, JudgeSetup(SPACE), None if seen is None else seen.append)
        finally:
            await door.close()

    return asyncio.run(main())


def first_choice(request: ChatRequest) -> Answer:
    return {request.choices[0]: 0.9, request.choices[1]: 0.1}


def png(side: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, 4), "red").save(out, "PNG")
    return out.getvalue()


def test_every_task_gets_its_verdicts_in_order_and_progress_is_told() -> None:
    seen: list[int] = []
    found = judged(FakeChat(first_choice), [task(4), task(2)], seen=seen)
    assert [(v.idx, v.protocol) for v in found.verdicts] == [
        (4, "blind_choice"), (4, "contest"), (2, "blind_choice"), (2, "contest")
    ]  # fmt: skip
    assert found.stopped is None
    assert seen == [1, 2]


@pytest.mark.parametrize(
    ("asked", "protocols"),
    [
        (task(0, challenger=None), ["blind_choice"]),
        (task(0, given=None), ["blind_choice"]),
        (JudgeTask(task(0).item, (), "cat"), ["contest"]),
        (JudgeTask(task(0).item), []),
    ],
    ids=["no challenger", "no given label", "no candidates", "nothing"],
)
def test_what_a_task_does_not_hold_is_not_asked(asked: JudgeTask, protocols: list[str]) -> None:
    assert [verdict.protocol for verdict in judged(FakeChat(first_choice), [asked]).verdicts] == protocols


def test_no_tasks_no_verdicts() -> None:
    assert judged(FakeChat([]), []) == Judged((), None)


def test_the_end_of_the_budget_leaves_whole_items_and_every_paid_call_recorded() -> None:
    calls = MemoryCalls()
    tasks = [task(n) for n in range(5)]
    found = judged(FakeChat(first_choice, limit=2), tasks, calls=calls, budget=Budget(calls=10))
    assert isinstance(found.stopped, BudgetExceeded)
    assert [verdict.idx for verdict in found.verdicts] == [0, 0, 1, 1]
    assert len(calls.calls) == 10
    rest = FakeChat(first_choice)
    whole = judged(rest, tasks, calls=calls)
    assert len(whole.verdicts) == 10
    assert len(rest.requests) == 10


def test_a_model_that_goes_down_ends_the_batch_and_keeps_what_was_whole() -> None:
    def answer(request: ChatRequest) -> Answer:
        return ModelError("nothing answers") if "text 1" in str(request.messages) else first_choice(request)

    found = judged(FakeChat(answer, limit=1), [task(0), task(1), task(2)])
    assert str(found.stopped) == "nothing answers"
    assert {verdict.idx for verdict in found.verdicts} == {0}


def test_refusals_of_a_model_that_takes_nothing_settle_no_item() -> None:
    tasks = [task(n) for n in range(30)]
    refused = judged(FakeChat(lambda _: ModelRefused("the context is too short"), limit=1), tasks)
    assert "answered none" in str(refused.stopped)
    assert refused.verdicts == ()


def test_a_refused_item_stays_settled_when_the_budget_ends() -> None:
    def answer(request: ChatRequest) -> Answer:
        return ModelRefused("too long") if "text 0" in str(request.messages) else first_choice(request)

    found = judged(FakeChat(answer, limit=1), [task(0), task(1), task(2)], budget=Budget(calls=4))
    assert isinstance(found.stopped, BudgetExceeded)
    assert [(verdict.idx, verdict.readable) for verdict in found.verdicts] == [
        (0, False), (0, False), (1, True), (1, True)
    ]  # fmt: skip


def test_an_error_of_our_own_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        judged(FakeChat(lambda _: ZeroDivisionError("bug")), [task(0)])


def test_an_image_that_cannot_be_read_makes_only_its_own_item_unreadable() -> None:
    model = FakeChat(first_choice)
    found = judged(model, [task(0, image=b"no image"), task(1, image=png(8))])
    assert [verdict.readable for verdict in found.verdicts] == [False, False, True, True]
    assert "not an image" in found.verdicts[0].said
    assert len(model.requests) == 4

"""A batch of items: one item's problem does not affect others, and however the batch ends, its verdicts are
complete."""

from __future__ import annotations

import asyncio
import io
import math
from collections.abc import Iterator

import pytest
from PIL import Image

from errata.errors import BudgetExceeded, ModelError, ModelRefused
from errata.testing import Answer, FakeChat, MemoryCalls
from errata.tools.judging.bank.bank import Bank, by_rule
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.examine import Judged, judge_items
from errata.tools.judging.images.images import held_bytes
from errata.tools.judging.images.region import Region
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.registry import protocols
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import OTHER_ANSWERS, Item, LabelSpace

SPACE = LabelSpace(("cat", "dog"))


def item(idx: int, image: bytes | None = None) -> Item:
    return Item.of(idx, str(idx), f"sha{idx}", "dog", f"text {idx}", image)


def tasks_of(idx: int, image: bytes | None = None) -> list[JudgeTask]:
    """A blind choice and a contest."""
    return [JudgeTask(item(idx, image), protocol, ("dog", "cat")) for protocol in ("blind_choice", "contest")]


def judged(
    model: FakeChat,
    tasks: list[JudgeTask],
    *,
    calls: MemoryCalls | None = None,
    budget: Budget | None = None,
    seen: list[int] | None = None,
    bank: Bank = (),
) -> Judged:
    async def main() -> Judged:
        door = Door(model, calls or MemoryCalls(), budget or Budget())
        try:
            return await judge_items(door, tasks, JudgeSetup(SPACE, bank=bank), None if seen is None else seen.append)
        finally:
            await door.close()

    return asyncio.run(main())


def first_choice(request: ChatRequest) -> Answer:
    return {request.choices[0]: 0.9, request.choices[1]: 0.1}


def png(side: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, 4), "red").save(out, "PNG")
    return out.getvalue()


def test_every_task_gets_its_verdicts_in_order_and_progress_is_reported() -> None:
    seen: list[int] = []
    found = judged(FakeChat(first_choice), [*tasks_of(4), *tasks_of(2)], seen=seen)
    assert [(v.idx, v.protocol) for v in found.verdicts] == [
        (4, "blind_choice"), (4, "contest"), (2, "blind_choice"), (2, "contest")
    ]  # fmt: skip
    assert found.stopped is None
    assert seen == [1, 2, 3, 4]


# A control answers moved or unmoved, and a mark holds or does not.
@pytest.mark.parametrize("protocol", sorted(protocols().keys() - {"steering", "holds"}))
def test_every_protocol_gives_a_verdict_over_its_labels_and_the_other_answers(protocol: str) -> None:
    bank = by_rule(SPACE, {"dog": ("cat",)})
    task = JudgeTask(item(0, png(8)), protocol, ("cat", "dog"), region=Region((1, 1, 5, 3)))
    found = judged(FakeChat(first_choice), [task], bank=bank)
    (verdict,) = found.verdicts
    assert (verdict.protocol, verdict.prompt.id) == (protocol, protocol)
    assert set(verdict.log_probs) == {"cat", "dog", *OTHER_ANSWERS}
    assert sum(map(math.exp, verdict.log_probs.values())) == pytest.approx(1)


def test_no_tasks_no_verdicts() -> None:
    assert judged(FakeChat([]), []) == Judged((), None)


def test_the_end_of_the_budget_leaves_whole_items_and_every_paid_call_recorded() -> None:
    calls = MemoryCalls()
    tasks = [task for n in range(5) for task in tasks_of(n)]
    found = judged(FakeChat(first_choice, limit=2), tasks, calls=calls, budget=Budget(calls=10))
    assert isinstance(found.stopped, BudgetExceeded)
    assert [verdict.idx for verdict in found.verdicts] == [0, 0, 1, 1, 2]
    assert len(calls.calls) == 10
    rest = FakeChat(first_choice)
    whole = judged(rest, tasks, calls=calls)
    assert len(whole.verdicts) == 10
    assert len(rest.requests) == 10


def test_a_model_that_goes_down_ends_the_batch_and_keeps_what_was_whole() -> None:
    def answer(request: ChatRequest) -> Answer:
        return ModelError("nothing answers") if "text 1" in str(request.messages) else first_choice(request)

    found = judged(FakeChat(answer, limit=1), [task for n in range(3) for task in tasks_of(n)])
    assert str(found.stopped) == "nothing answers"
    assert {verdict.idx for verdict in found.verdicts} == {0}


def test_refusals_of_a_model_that_takes_nothing_settle_no_item() -> None:
    tasks = [task for n in range(30) for task in tasks_of(n)]
    refused = judged(FakeChat(lambda _: ModelRefused("the context is too short"), limit=1), tasks)
    assert "answered none" in str(refused.stopped)
    assert refused.verdicts == ()


def test_a_refused_item_stays_settled_when_the_budget_ends() -> None:
    def answer(request: ChatRequest) -> Answer:
        return ModelRefused("too long") if "text 0" in str(request.messages) else first_choice(request)

    found = judged(FakeChat(answer, limit=1), [task for n in range(3) for task in tasks_of(n)], budget=Budget(calls=4))
    assert isinstance(found.stopped, BudgetExceeded)
    assert [(verdict.idx, verdict.readable) for verdict in found.verdicts] == [
        (0, False), (0, False), (1, True), (1, True)
    ]  # fmt: skip


def test_an_error_of_our_own_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        judged(FakeChat(lambda _: ZeroDivisionError("bug")), tasks_of(0))


def test_an_image_that_cannot_be_read_makes_only_its_own_item_unreadable() -> None:
    model = FakeChat(first_choice)
    found = judged(model, [*tasks_of(0, b"no image"), *tasks_of(1, png(8))])
    assert [verdict.readable for verdict in found.verdicts] == [False, False, True, True]
    assert "not an image" in found.verdicts[0].said
    assert len(model.requests) == 4


def test_only_so_many_images_are_read_as_there_is_memory_for() -> None:
    read, answered, ahead = 0, 0, 0
    room = 3 * held_bytes(item(0, png(64)))

    def tasks() -> Iterator[JudgeTask]:
        nonlocal read, ahead
        for idx in range(30):
            read += 1
            ahead = max(ahead, read - answered)
            yield JudgeTask(item(idx, png(64)), "blind_choice", ("dog", "cat"))

    async def main() -> Judged:
        door = Door(FakeChat(first_choice, limit=64, latency_s=0.001), MemoryCalls(), Budget())

        def finished(count: int) -> None:
            nonlocal answered
            answered = count

        try:
            return await judge_items(door, tasks(), JudgeSetup(SPACE), finished, held_bytes=room)
        finally:
            await door.close()

    assert len(asyncio.run(main()).verdicts) == 30
    assert ahead == 4  # three in flight, and one that waits for room


class OfContext(FakeChat):
    """A judge that reports its context length."""

    async def context_tokens(self) -> int | None:
        return 4096


def test_of_a_long_guideline_a_question_holds_what_bears_on_its_labels() -> None:
    space = LabelSpace(("cat", "dog", "cow"))
    guideline = "\n\n".join(f"## {name}\n\n{f'A {name}-sign. ' * 300}" for name in space.names)

    async def main(model: FakeChat) -> str:
        door = Door(model, MemoryCalls(), Budget())
        await judge_items(door, tasks_of(0), JudgeSetup(space, guideline))
        await door.close()
        return str(model.requests[0].messages)

    small = asyncio.run(main(OfContext(first_choice)))
    assert "cat-sign" in small
    assert "cow-sign" not in small
    assert "cow-sign" in asyncio.run(main(FakeChat(first_choice)))

"""What questions would cost, found by sending them to a model that only counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from errata.tools.judging.calls import CallRecord
from errata.tools.judging.chat import ChatReply, ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.pacing.expected import Tokens, expected_tokens
from errata.tools.judging.registry import protocol_named
from errata.tools.judging.task import JudgeSetup, JudgeTask

T = TypeVar("T")


def expected_requests(tasks: Sequence[JudgeTask], setup: JudgeSetup) -> list[Tokens]:
    """The expected tokens of each request that asking ``tasks`` makes; no model is asked. An item that cannot be shown
    makes none. Raises DataError if a task lacks what its protocol needs."""
    return asyncio.run(_asked(tasks, setup))


async def _asked(tasks: Sequence[JudgeTask], setup: JudgeSetup) -> list[Tokens]:
    counting = _CountingModel()
    door = Door(counting, _NoLog(), Budget())
    try:
        for task in tasks:
            await protocol_named(task.protocol).ask(door, task, setup.about(task.labels))
    finally:
        await door.close()
    return counting.seen


class Rehearsal:
    """Stands in for ``Ask`` when no model is asked. ``seen``: the expected tokens of each request."""

    def __init__(self) -> None:
        self.seen: list[Tokens] = []

    def __call__(self, judge: str, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> T:
        return asyncio.run(self._through_a_door(ask))

    async def _through_a_door(self, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> T:
        model = _CountingModel()
        door = Door(model, _NoLog(), Budget())
        try:
            return await ask(door)
        finally:
            await door.close()
            self.seen += model.seen


class _CountingModel:
    """A model that returns the first allowed answer and records the expected tokens."""

    name, limit = "counting", 1024

    def __init__(self) -> None:
        self.seen: list[Tokens] = []

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.seen.append(expected_tokens(request))
        return ChatReply(request.choices[0] if request.choices else "", None, *self.seen[-1], 0.0, self.name)

    async def close(self) -> None:
        pass


class _NoLog:
    """A call log that stores nothing."""

    def find(self, keys: Sequence[str]) -> dict[str, CallRecord]:
        return {}

    def set_aside(self, keys: Sequence[str]) -> None:
        pass

    def record(self, records: Sequence[CallRecord]) -> None:
        pass

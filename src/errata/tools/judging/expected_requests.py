"""The cost of questions, found by sending them to a model that only counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from errata.tools.judging.calls import CallRecord
from errata.tools.judging.chat import ChatReply, ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.examine import judge_items
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.pacing.expected import Tokens, expected_tokens
from errata.tools.judging.task import JudgeSetup, JudgeTask

T = TypeVar("T")


class PaidCalls(Protocol):
    """What judges have answered already."""

    def find(self, keys: Sequence[str]) -> dict[str, CallRecord]: ...

    def asked_about(self, model: str) -> set[str]:
        """The content that the model has been asked about, by its hash."""
        ...


class Rehearsal:
    """Stands in for ``Ask`` when no model is asked: a request that is already ``paid`` for, or was made here before,
    costs nothing. ``seen``: the expected tokens of each remaining request."""

    def __init__(self, paid: PaidCalls) -> None:
        self._paid = paid
        self._logs: dict[str, _Log] = {}
        self.seen: list[Tokens] = []

    def __call__(self, judge: str, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> T:
        """Run ``ask`` with a door to the counting model in place of the judge of this name."""
        return asyncio.run(self._through_a_door(judge, ask))

    def put(self, judge: str, tasks: Iterable[JudgeTask], setup: JudgeSetup) -> list[Tokens]:
        """Return the expected tokens of each request that ``tasks`` need, and add them to ``seen``. An item that cannot
        be shown needs none."""
        before = len(self.seen)
        self(judge, lambda door: judge_items(door, tasks, setup))
        return self.seen[before:]

    def knows(self, judge: str, content_sha: str) -> bool:
        """Whether the judge has been asked anything about this content."""
        return content_sha in self._log(judge).contents

    async def _through_a_door(self, judge: str, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> T:
        door = Door(_CountingModel(judge, self.seen), self._log(judge), Budget())
        try:
            return await ask(door)
        finally:
            await door.close()

    def _log(self, judge: str) -> _Log:
        if judge not in self._logs:
            self._logs[judge] = _Log(self._paid, judge)
        return self._logs[judge]


class _CountingModel:
    """A model that returns the first allowed answer and records the expected tokens."""

    limit = 1024

    def __init__(self, name: str, seen: list[Tokens]) -> None:
        self.name, self._seen = name, seen

    async def complete(self, request: ChatRequest) -> ChatReply:
        tokens = expected_tokens(request)
        self._seen.append(tokens)
        return ChatReply(request.choices[0] if request.choices else "", None, *tokens, 0.0, self.name)

    async def close(self) -> None:
        pass


class _Log:
    """The call log of a rehearsal: recorded calls, and rehearsed ones that are never stored."""

    def __init__(self, paid: PaidCalls, judge: str) -> None:
        self._paid, self._rehearsed = paid, dict[str, CallRecord]()
        self.contents = paid.asked_about(judge)

    def find(self, keys: Sequence[str]) -> dict[str, CallRecord]:
        return self._paid.find(keys) | {key: self._rehearsed[key] for key in keys if key in self._rehearsed}

    def set_aside(self, keys: Sequence[str]) -> None:
        """Nothing to do: a newer record with the same key is found first."""

    def record(self, records: Sequence[CallRecord]) -> None:
        self._rehearsed.update((record.key, record) for record in records)
        self.contents.update(record.content_sha for record in records)

"""The only door to models: cache, budget, call, record. What has been paid for is never asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from errata.errors import ModelError, ModelRefused
from errata.tools.judging.calls import CallLog, CallRecord
from errata.tools.judging.chat import ChatModel, ChatReply, ChatRequest
from errata.tools.judging.pacing.budget import Budget, Reservation
from errata.tools.judging.pacing.expected import expected_tokens
from errata.tools.judging.pacing.grouped import Grouped
from errata.tools.judging.pacing.in_flight import InFlight, Waiting
from errata.tools.judging.unreadable import Unreadable
from errata.types import PromptRef, sha_of

COMMIT_EVERY_S = 0.02
"""How long a finished call waits to be committed with others. A kill repeats at most calls younger than this."""

GROUP = 4096
REFUSALS_IN_A_ROW = 20
"""A model that refuses this many first requests and answers none is the wrong model, not given a run of bad items."""


@dataclass(frozen=True)
class CallRequest:
    """One question as the cache sees it. ``params`` is JSON-plain and, with the model, the prompt, and the content,
    fully determines the answer; ``build`` makes the request, and is not called if the answer is known."""

    prompt: PromptRef
    content_sha: str
    params: Mapping[str, object]
    build: Callable[[], Awaitable[ChatRequest]]

    def key(self, model: str) -> str:
        return sha_of([model, self.prompt.sha, self.content_sha, dict(self.params)])


@dataclass(frozen=True, slots=True)
class Answered:
    """A call's record, and whether it was already paid for."""

    call: CallRecord
    cached: bool


class Door:
    """Asks one model of a ``panel`` of this many. Use it within one event loop, and ``close`` it, which waits for calls
    in flight."""

    def __init__(
        self, model: ChatModel, calls: CallLog, budget: Budget, panel: int = 1, *, retry_unreadable: bool = False
    ) -> None:
        self.model, self.budget, self._calls = model, budget, calls
        self.unreadable = Unreadable(model.name, self._ask_again, self._end, all_again=retry_unreadable)
        if isinstance(model, Waiting):
            model.patience.may_wait = self._check_wait
        self._in_flight: dict[str, asyncio.Task[Answered]] = {}
        self._places = InFlight.of(model, panel)
        self._broken: ModelError | None = None
        self._answered, self._refused = 0, 0
        self._thread = ThreadPoolExecutor(1, "errata-calls")
        self._find = Grouped[str, CallRecord | None](_finder(calls), self._thread, wait_s=0, most=GROUP)
        self._record = Grouped[CallRecord, None](_recorder(calls), self._thread, wait_s=COMMIT_EVERY_S, most=GROUP)

    async def ask(self, ask: CallRequest) -> Answered:
        """The answer, from the cache or the model; a new one is committed before it is returned.

        Equal questions in flight share one call. Raises BudgetExceeded before a call that the budget has no room for,
        ModelRefused if the model will not answer this one, another ModelError if the model is at fault (then every
        later call fails at once in the same way).
        """
        key = ask.key(self.model.name)
        return await self._shared(key, lambda: self._answer(ask, key))

    async def _shared(self, name: str, answer: Callable[[], Coroutine[Any, Any, Answered]]) -> Answered:
        task = self._in_flight.get(name)
        if task is None:
            task = asyncio.get_running_loop().create_task(answer())
            self._in_flight[name] = task
            task.add_done_callback(lambda done: self._forget(name, done))
        # A call that has begun is paid for: it finishes and is recorded even if no one waits for it anymore.
        return await asyncio.shield(task)

    async def _ask_again(self, ask: CallRequest) -> Answered:
        """Ask even if an answer is recorded; the new answer replaces it."""
        key = ask.key(self.model.name)
        return await self._shared(f"again {key}", lambda: self._replaced(ask, key))

    @property
    def in_flight(self) -> int:
        """How many calls were sent and not yet answered."""
        return self._places.taken

    def stop(self) -> None:
        """Send nothing more: callers waiting for a place get a ModelError."""
        self._broken = self._broken or ModelError("The run was stopped before this was asked. Run again to go on.")

    def _end(self, error: ModelError) -> None:
        self._broken = self._broken or error

    def _check_wait(self) -> None:
        """Check that a call may keep waiting for a busy server."""
        if self._broken is not None:
            raise self._broken
        self.budget.check_minutes()

    async def finish(self) -> None:
        """Send nothing more, wait for the calls in flight, and commit them."""
        self.stop()
        if self._in_flight:
            await asyncio.wait(list(self._in_flight.values()))

    async def close(self) -> None:
        """Finish, then close the model."""
        await self.finish()
        self._thread.shutdown()
        await self.model.close()

    def _forget(self, key: str, done: asyncio.Task[Answered]) -> None:
        del self._in_flight[key]
        if not done.cancelled():
            done.exception()  # retrieve it, so that asyncio does not log an error whose waiters are gone

    async def _answer(self, ask: CallRequest, key: str) -> Answered:
        found = await self._find(key)
        if found is not None:
            return Answered(found, cached=True)
        record = await self._called(ask, key)
        await self._record(record)
        return Answered(record, cached=False)

    async def _replaced(self, ask: CallRequest, key: str) -> Answered:
        record = await self._called(ask, key)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._calls.set_aside, [key])
        await self._record(record)
        return Answered(record, cached=False)

    async def _called(self, ask: CallRequest, key: str) -> CallRecord:
        async with self._places.place():
            if self._broken is not None:
                raise self._broken
            return await self._call(ask, key)

    async def _call(self, ask: CallRequest, key: str) -> CallRecord:
        request = replace(await ask.build(), key=key)
        room = self.budget.reserve(*expected_tokens(request))
        try:
            reply = await self.model.complete(request)
        except ModelError as error:
            self.budget.release(room)
            raise self._judged(error) from error.__cause__
        except BaseException:
            self.budget.release(room)
            raise
        self._answered += 1
        return self._recorded(ask, key, reply, room)

    def _judged(self, error: ModelError) -> ModelError:
        """The error to raise: a refusal is the item's fault, unless the model has refused everything so far."""
        if isinstance(error, ModelRefused):
            self._refused += 1
            if self._answered or self._refused < REFUSALS_IN_A_ROW:
                return error
            error = ModelError(
                f"{self.model.name} refused the first {self._refused} requests and answered none. It said: {error}"
            )
        self._broken = error
        return error

    def _recorded(self, ask: CallRequest, key: str, reply: ChatReply, room: Reservation) -> CallRecord:
        return CallRecord(
            key=key,
            model=self.model.name,
            prompt_id=ask.prompt.id,
            prompt_version=ask.prompt.version,
            prompt_sha=ask.prompt.sha,
            content_sha=ask.content_sha,
            params=dict(ask.params),
            text=reply.text,
            tokens=reply.tokens,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            ms=reply.ms,
            cost_usd=self.budget.charge(room, reply.tokens_in, reply.tokens_out, estimated=reply.estimated),
            served_as=reply.model,
            made_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )


def _finder(calls: CallLog) -> Callable[[list[str]], list[CallRecord | None]]:
    def find(keys: list[str]) -> list[CallRecord | None]:
        found = calls.find(keys)
        return [found.get(key) for key in keys]

    return find


def _recorder(calls: CallLog) -> Callable[[list[CallRecord]], list[None]]:
    def record(records: list[CallRecord]) -> list[None]:
        calls.record(records)
        return [None] * len(records)

    return record

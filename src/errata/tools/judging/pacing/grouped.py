"""Collect what arrives one by one and process it in groups, in one worker thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Grouped(Generic[T, R]):
    """``await grouped(one)`` returns the result for ``one``, processed together with whatever else is waiting.

    ``work`` gets a list and returns as many results, in order; if it raises, everyone in that group gets the error.
    Only one group runs at a time, so ``work`` needs no lock; a group waits ``wait_s`` for others and holds at most
    ``most``.
    """

    def __init__(
        self, work: Callable[[list[T]], Sequence[R]], thread: ThreadPoolExecutor, *, wait_s: float, most: int
    ) -> None:
        self._work, self._thread, self._wait_s, self._most = work, thread, wait_s, most
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._runner: asyncio.Task[None] | None = None

    async def __call__(self, one: T) -> R:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._waiting.append((one, future))
        if self._runner is None:
            self._runner = loop.create_task(self._run())
        return await future

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(self._wait_s)
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            done = loop.run_in_executor(self._thread, self._work, [one for one, _ in group])
            await asyncio.wait([done])
            _hand_out(done, [future for _, future in group])
        self._runner = None


def _hand_out(done: asyncio.Future[Sequence[R]], futures: Sequence[asyncio.Future[R]]) -> None:
    error = done.exception()
    if error is not None:
        for future in futures:
            if not future.done():  # the caller may have been canceled meanwhile
                future.set_exception(error)
        return
    for future, result in zip(futures, done.result(), strict=True):
        if not future.done():
            future.set_result(result)

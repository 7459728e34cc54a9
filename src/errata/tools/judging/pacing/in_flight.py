"""The places of calls in flight: as many as the model takes, or as a server's pace allows."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, runtime_checkable

from errata.tools.judging.chat import ChatModel
from errata.tools.judging.pacing.handles import free_handles
from errata.tools.judging.pacing.pace import Pace


@runtime_checkable
class Served(Protocol):
    """A model on a server that has others to serve. It calls ``on_busy`` where the server turned a call away, or did
    not answer in time."""

    on_busy: Callable[[], None]


class InFlight:
    """``async with in_flight.place():`` waits for a free one, first come, first served.

    At most ``most`` are taken at once; ``learns``: how many there are follows from how the calls fare. What ends with
    an exception is no answer, and teaches nothing.
    """

    def __init__(self, most: int, *, learns: bool) -> None:
        self._pace = Pace(most) if learns else Pace(most, start=most)
        self._learns = learns
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @classmethod
    def of(cls, model: ChatModel, panel: int = 1) -> InFlight:
        """As many as the model takes; of one that is served, as many as its server takes, and never more than this
        process may have connections open, shared with the rest of a ``panel`` of so many."""
        served = isinstance(model, Served)
        places = cls(min(model.limit, max(free_handles() // panel, 1)) if served else model.limit, learns=served)
        if isinstance(model, Served):
            model.on_busy = places.busy
        return places

    @property
    def limit(self) -> int:
        """How many there are now."""
        return self._pace.limit

    @property
    def taken(self) -> int:
        """How many of them are taken."""
        return self._taken

    def busy(self) -> None:
        """The server turned a call away, or gave no answer in time."""
        if self._learns:
            self._pace.busy()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        await self._enter()
        call = self._pace.begun(time.monotonic(), self._taken)
        try:
            yield
            if self._learns:
                self._pace.finished(call, time.monotonic())
        finally:
            self._leave()

    async def _enter(self) -> None:
        if self._taken < self.limit and not self._waiting:
            self._taken += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # given, but nobody is there any more to take it
                self._leave()
            raise

    def _leave(self) -> None:
        self._taken -= 1
        while self._waiting and self._taken < self.limit:
            place = self._waiting.popleft()
            if not place.done():
                self._taken += 1
                place.set_result(None)

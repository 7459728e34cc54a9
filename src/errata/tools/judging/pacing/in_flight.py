"""The places of calls in flight: as many as the model takes, or as a server's pace allows."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, runtime_checkable

from anyio import CapacityLimiter

from errata.tools.judging.chat import ChatModel
from errata.tools.judging.pacing.handles import free_handles
from errata.tools.judging.pacing.pace import Pace


@runtime_checkable
class SharedModel(Protocol):
    """A model on a server that has others to serve. It calls ``on_busy`` where the server turned a call away, or did
    not answer in time."""

    on_busy: Callable[[], None]


class Patient(Protocol):
    may_wait: Callable[[], None]


@runtime_checkable
class Waiting(Protocol):
    """A model that waits for its server while that is busy, and asks ``may_wait`` whether it still may."""

    @property
    def patience(self) -> Patient: ...


class InFlight:
    """``async with in_flight.place():`` waits for a free one, first come, first served.

    At most ``most`` are taken at once; ``learns``: how many there are follows from how the calls fare. What ends with
    an exception is no answer, and teaches nothing.
    """

    def __init__(self, most: int, *, learns: bool) -> None:
        self._pace = Pace(most) if learns else Pace(most, start=most)
        self._learns = learns
        self._places = CapacityLimiter(self._pace.limit)

    @classmethod
    def of(cls, model: ChatModel, panel: int = 1) -> InFlight:
        """As many as the model takes; of one that is served, as many as its server takes, and never more than this
        process may have connections open, shared with the rest of a ``panel`` of so many."""
        served = isinstance(model, SharedModel)
        places = cls(min(model.limit, max(free_handles() // panel, 1)) if served else model.limit, learns=served)
        if isinstance(model, SharedModel):
            model.on_busy = places.busy
        return places

    @property
    def limit(self) -> int:
        """How many there are now."""
        return self._pace.limit

    @property
    def taken(self) -> int:
        """How many of them are taken."""
        return self._places.borrowed_tokens

    def busy(self) -> None:
        """The server turned a call away, or gave no answer in time."""
        if self._learns:
            self._pace.busy()
            self._follow()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        async with self._places:
            call = self._pace.begun(time.monotonic(), self.taken)
            yield
            if self._learns:
                self._pace.finished(call, time.monotonic())
                self._follow()

    def _follow(self) -> None:
        if self._places.total_tokens != self._pace.limit:
            self._places.total_tokens = self._pace.limit

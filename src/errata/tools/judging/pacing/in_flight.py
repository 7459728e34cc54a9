"""The places of calls in flight: as many as the model takes, or as the server's pace allows."""

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
    """A model on a server that also serves others. It calls ``on_busy`` if the server rejected a call or did not answer
    in time."""

    on_busy: Callable[[], None]


class Patient(Protocol):
    may_wait: Callable[[], None]


@runtime_checkable
class Waiting(Protocol):
    """A model that waits while its server is busy, and asks ``may_wait`` whether it still may."""

    @property
    def patience(self) -> Patient: ...


class InFlight:
    """``async with in_flight.place():`` waits for a free place, first come, first served.

    At most ``most`` are taken at once; with ``learns``, how many there are depends on how the calls go. A call that
    ends with an exception is not counted as an answer.
    """

    def __init__(self, most: int, *, learns: bool) -> None:
        self._pace = Pace(most) if learns else Pace(most, start=most)
        self._learns = learns
        self._places = CapacityLimiter(self._pace.limit)

    @classmethod
    def of(cls, model: ChatModel, panel: int = 1) -> InFlight:
        """As many places as the model takes; for a model on a server, as many as its server takes, but never more than
        this process may have connections open, shared among a ``panel`` of this many."""
        served = isinstance(model, SharedModel)
        places = cls(min(model.limit, max(free_handles() // panel, 1)) if served else model.limit, learns=served)
        if isinstance(model, SharedModel):
            model.on_busy = places.busy
        return places

    @property
    def limit(self) -> int:
        """How many places there are now."""
        return self._pace.limit

    @property
    def taken(self) -> int:
        """How many of them are taken."""
        return self._places.borrowed_tokens

    def busy(self) -> None:
        """The server rejected a call, or did not answer in time."""
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

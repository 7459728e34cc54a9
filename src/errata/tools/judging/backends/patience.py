"""How to treat a busy server: pause as long as it asks, then send more slowly, across all calls, until it answers or
waiting is no longer allowed."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable

import structlog

from errata.errors import ModelError
from errata.tools.judging.backends.failures import Failure
from errata.tools.visible import one_line

_log = structlog.wrap_logger(logging.getLogger(__name__), [structlog.stdlib.render_to_log_kwargs])

MOST_S = 3600.0
"""A server that is busy for this long without an answer is treated as failed."""
FIRST_GAP_S, LONGEST_GAP_S = 0.02, 30.0
SLOWER, FASTER = 2.0, 0.97
"""Factors on the gap between two requests, after one "busy" and after one answer."""
LONGEST_PAUSE_S = 60.0
JITTER = 0.5
"""A pause is lengthened by up to this share, so that calls rejected together do not return together."""
LOOK_S = 1.0
"""How often a waiting call checks whether it may still wait."""
TOLD_EVERY_S = 60.0

MayWait = Callable[[], None]


class Patience:
    """For one server. ``may_wait`` is called before and while a call waits, and raises once waiting is no longer
    allowed: the run was stopped, or its minutes are used up. ``most_s``: nothing but "busy" for this long is an error.
    ``draw`` returns numbers in [0, 1)."""

    def __init__(self, where: str, *, most_s: float = MOST_S, draw: Callable[[], float] = random.random) -> None:
        self._where, self.most_s, self._draw = where, most_s, draw
        self.may_wait: MayWait = lambda: None
        self._gap_s, self._next_s, self._quiet_until_s = 0.0, 0.0, 0.0
        self._pause_s = FIRST_GAP_S
        self._busy_since_s: float | None = None
        self._told_s = float("-inf")

    async def turn(self) -> float:
        """Wait until a request may be sent, and return that time."""
        while (wait_s := max(self._next_s, self._quiet_until_s) - time.monotonic()) > 0:
            self.may_wait()
            await asyncio.sleep(min(wait_s, LOOK_S))
        self.may_wait()
        now_s = time.monotonic()
        self._next_s = now_s + self._gap_s
        return now_s

    def answered(self) -> None:
        """The server answered: send slightly faster."""
        self._busy_since_s, self._pause_s = None, FIRST_GAP_S
        self._gap_s = 0.0 if self._gap_s < FIRST_GAP_S else self._gap_s * FASTER

    def turned_away(self, sent_s: float, found: Failure) -> None:
        """A request sent at that time was rejected as busy. ModelError if nothing else came back for too long."""
        now_s = time.monotonic()
        self._busy_since_s = self._busy_since_s or now_s
        if now_s - self._busy_since_s >= self.most_s:
            raise ModelError(
                f"{self._where} has said nothing but that it is busy for {self.most_s / 60:.0f} minutes: {found.said}. "
                "Everything finished is kept; run again to go on."
            )
        self._tell(now_s, found)
        if sent_s < self._quiet_until_s:  # it was already on its way when the last pause began
            return
        self._pause_s = min(self._pause_s * SLOWER, LONGEST_PAUSE_S)
        self._gap_s = min(max(self._gap_s, FIRST_GAP_S) * SLOWER, LONGEST_GAP_S)
        pause_s = self._pause_s if found.wait_s is None else found.wait_s
        self._quiet_until_s = now_s + pause_s * (1 + JITTER * self._draw())

    def _tell(self, now_s: float, found: Failure) -> None:
        if now_s - self._told_s >= TOLD_EVERY_S:
            self._told_s = now_s
            _log.warning(
                f"errata: {one_line(self._where)} is busy; it is asked more slowly, and waited for: "
                f"{one_line(found.said)}"
            )

"""How many calls a server should have at once, learned from how fast they return. Has no clock and never waits."""

from __future__ import annotations

from typing import NamedTuple

START = 32
FAST, GENTLE = 2.0, 1.2
"""Steps up: doubling until that fails once, then by a fifth, so that the last successful step is close enough."""

SMALLER = 0.8
SHRUNK = 0.7
WORTH = 0.05
"""Throughput must grow by this power of the calls in flight: doubling them must bring 3.5% more, otherwise they only
make everybody wait longer; a fifth fewer may cost 1.1%."""

PROMPT_S, NOT_LESS = 2.0, 0.6
"""While calls return this fast, waiting hurts no one, and more in flight need only not be clearly worse. The gain of a
server from a longer queue (10% from 32 to 256, vLLM on a CPU) is smaller than the difference between two short
measurements, and the first one after a step up is low."""

QUEUED = 1.3
"""Calls that take this much longer than before wait in the server: fewer in flight may do as well."""

WINDOW = 32
"""A level is judged by this many calls; if they are not prompt, by at least as many as it has in flight."""

LONGEST_REST = 16


class CallStart(NamedTuple):
    """A call in flight: when it began (seconds), at which level, and whether that level was full."""

    at_s: float
    level: int
    full: bool


class Pace:
    """``limit`` is how many calls may be in flight now, between 1 and ``most``.

    It climbs while throughput rises or calls return promptly, steps back if that gains nothing or the server is busy,
    and then tries a step from time to time: further up or, if calls have begun to wait long in the server, down.
    Throughput is ``limit`` / mean latency (Little's law), over calls that began while all places were taken, so that
    neither bursts of answers nor the end of a batch distorts the server's measured speed.
    """

    def __init__(self, most: int, start: int = START) -> None:
        self.most = most
        self.limit = min(start, most)
        self._level = 0
        self._calls, self._waited_s = 0, 0.0
        self._settled = False
        self._tried_from: tuple[int, float] | None = None
        self._step = FAST
        self._rest, self._rested = 1, 0
        self._lowest_s = float("inf")

    def begun(self, now_s: float, in_flight: int) -> CallStart:
        """Call when a call begins; ``in_flight`` includes it."""
        return CallStart(now_s, self._level, in_flight >= self.limit)

    def finished(self, call: CallStart, now_s: float) -> None:
        """Call when the call was answered."""
        if call.level != self._level:
            return
        self._settled = True
        if call.full:
            self._calls, self._waited_s = self._calls + 1, self._waited_s + now_s - call.at_s
            latency_s = self._waited_s / self._calls
            if self._calls >= (WINDOW if latency_s < PROMPT_S else max(self.limit, WINDOW)):
                self._decide(latency_s)

    def busy(self) -> None:
        """The server rejected a call, or did not answer in time: a step up is taken back, and a level that had held
        shrinks, once for all calls that were in flight together."""
        if self._tried_from is not None and self._tried_from[0] < self.limit:
            self._step_back(self._tried_from[0])
        elif self._settled:
            self._step_back(max(1, int(self.limit * SHRUNK)))

    def _decide(self, latency_s: float) -> None:
        self._lowest_s = min(self._lowest_s, latency_s)
        rate = self.limit / max(latency_s, 1e-9)
        if self._tried_from is None:
            self._rested += 1
            if self._rested < self._rest:
                self._calls, self._waited_s = 0, 0.0
                return
        else:
            before, rate_before = self._tried_from
            prompt = latency_s < PROMPT_S and self.limit > before
            if rate < rate_before * (NOT_LESS if prompt else (self.limit / before) ** WORTH):
                self._step_back(before)
                return
            self._rest = 1
        self._try_from(rate, latency_s)

    def _try_from(self, rate: float, latency_s: float) -> None:
        """The next step in this direction, if there is one."""
        if self._step < 1 and latency_s < max(self._lowest_s * QUEUED, PROMPT_S):
            self._step = GENTLE
        step = round(self.limit * self._step)
        trial = min(max(step, self.limit + 1), self.most) if self._step > 1 else max(min(step, self.limit - 1), 1)
        if trial == self.limit:
            self._step_back(self.limit)
        else:
            self._tried_from = self.limit, rate
            self._go_to(trial)

    def _step_back(self, limit: int) -> None:
        """Return to a level that held; after a rest, the next step goes the other way."""
        self._tried_from = None
        self._step = SMALLER if self._step > 1 else GENTLE
        self._rest, self._rested = min(self._rest * 2, LONGEST_REST), 0
        self._go_to(limit)

    def _go_to(self, limit: int) -> None:
        self.limit, self._settled = limit, False
        self._level += 1
        self._calls, self._waited_s = 0, 0.0

"""The pace, with simulated servers in virtual time: no real clock, no waiting."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from errata.tools.judging.pacing.pace import START, CallStart, Pace

LATENCY_S, BACKOFF_S = 1.0, 5.0


@dataclass
class Simulated:
    """A server that handles ``places`` calls at a time while others wait, and rejects calls beyond ``most``. There are
    always as many calls in flight as the pace allows."""

    pace: Pace
    places: Callable[[float], int]
    most: int = 1_000_000
    latency_s: Callable[[float], float] = lambda _: LATENCY_S
    seed: int = 0
    now_s: float = 0.0
    finished: list[float] = field(default_factory=list)
    turned_away: int = 0

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._events: list[tuple[float, int, bool, CallStart]] = []
        self._waiting: list[CallStart] = []
        self._in_flight = self._working = self._number = 0

    def serve(self, calls: int) -> None:
        for _ in range(calls):
            self._serve_one()

    def serve_until(self, then_s: float) -> None:
        while self.now_s < then_s:
            self._serve_one()

    def _serve_one(self) -> None:
        while True:
            while self._in_flight < self.pace.limit:
                self._in_flight += 1
                self._arrive(self.pace.begun(self.now_s, self._in_flight))
            self.now_s, _, answered, call = heapq.heappop(self._events)
            if answered:
                break
            self._arrive(call)
        self._working -= 1
        self._in_flight -= 1
        self.finished.append(self.now_s)
        self.pace.finished(call, self.now_s)
        while self._waiting and self._working < self.places(self.now_s):
            self._work_on(self._waiting.pop(0))

    def _arrive(self, call: CallStart) -> None:
        if self._working + len(self._waiting) >= self.most:
            self.turned_away += 1
            self.pace.busy()
            self._push(BACKOFF_S, False, call)
        elif self._working < self.places(self.now_s):
            self._work_on(call)
        else:
            self._waiting.append(call)

    def _work_on(self, call: CallStart) -> None:
        self._working += 1
        self._push(self.latency_s(self.now_s), True, call)

    def _push(self, after_s: float, answered: bool, call: CallStart) -> None:
        self._number += 1
        then_s = self.now_s + after_s * self._rng.uniform(0.8, 1.2)
        heapq.heappush(self._events, (then_s, self._number, answered, call))

    def rate(self, last: int) -> float:
        """Calls per second over the last ``last`` calls."""
        return last / (self.finished[-1] - self.finished[-1 - last])


@pytest.mark.parametrize("capacity", [1, 8, 64, 256])
@pytest.mark.parametrize("seed", range(5))
def test_it_finds_the_throughput_of_a_server(capacity: int, seed: int) -> None:
    server = Simulated(Pace(256), lambda _: capacity, seed=seed)
    server.serve(6000)
    assert server.rate(last=3000) > 0.8 * capacity / LATENCY_S


@pytest.mark.parametrize("capacity", [8, 64, 200])
@pytest.mark.parametrize("seed", range(5))
def test_it_stays_below_what_makes_a_server_turn_calls_away(capacity: int, seed: int) -> None:
    server = Simulated(Pace(256), lambda _: capacity, most=capacity, seed=seed)
    server.serve(3000)
    turned_away = server.turned_away
    server.serve(6000)
    assert server.rate(last=6000) > 0.8 * capacity / LATENCY_S
    assert server.turned_away - turned_away < 0.01 * 6000


def test_it_starts_modestly_and_never_passes_the_most() -> None:
    pace = Pace(100)
    server, seen = Simulated(pace, lambda _: 10_000), []
    assert pace.limit == START
    for _ in range(100):
        server.serve(50)
        seen.append(pace.limit)
    assert max(seen) == 100 and seen[-1] > 75


def test_it_shrinks_when_calls_come_to_wait_and_recovers_afterwards() -> None:
    server = Simulated(Pace(256), lambda now_s: 4 if 100 < now_s < 3000 else 64)
    server.serve_until(100)
    before = server.pace.limit
    server.serve_until(3000)
    assert server.pace.limit < before / 2
    server.serve(6000)
    assert server.rate(last=2000) > 0.8 * 64 / LATENCY_S


def test_a_slow_phase_of_every_call_alike_costs_no_places_for_good() -> None:
    server = Simulated(Pace(256), lambda _: 64, latency_s=lambda now_s: 10.0 if 100 < now_s < 400 else LATENCY_S)
    server.serve_until(400)
    server.serve(6000)
    assert server.rate(last=2000) > 0.8 * 64 / LATENCY_S


def test_a_burst_of_refusals_shrinks_it_once() -> None:
    pace = Pace(64, start=64)
    pace.finished(pace.begun(0.0, 1), 1.0)
    for _ in range(20):
        pace.busy()
    assert pace.limit == 44


def test_a_batch_that_does_not_fill_the_places_teaches_nothing() -> None:
    pace = Pace(64)
    for number in range(1000):
        pace.finished(pace.begun(number, START - 1), number + 1)
    assert pace.limit == START

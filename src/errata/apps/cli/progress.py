"""The progress of a step, with rate, time left, and cost: a bar on a terminal, otherwise a line from time to time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from errata.agent.actions.session import Progress

LINE_EVERY_S = 10.0
KNOWN_AFTER_S = 1.0

JUDGING = "judge"
"""The step that costs something."""


def costs_nothing() -> str:
    """The cost so far of a command that asks no judge."""
    return ""


@contextmanager
def showing_progress(
    cost: Callable[[], str] = costs_nothing, clock: Callable[[], float] = time.monotonic
) -> Iterator[Progress]:
    """The callback to call with step, done, and total. ``cost``: what judging has cost so far, in words.

    ``clock`` returns seconds.
    """
    show = _bar if sys.stderr.isatty() else _lines
    with show(lambda step: cost() if step == JUDGING else "", clock) as progress:
        yield progress


@contextmanager
def _bar(cost: Callable[[str], str], clock: Callable[[], float]) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description:>8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[cost]}"),
        console=Console(stderr=True),
    )
    tasks: dict[str, Any] = {}
    rates = _Rates(clock)
    with bar:

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total, rate="", cost="")
            rate = rates.of(step, done)
            shown = f"{rate:.1f}/s" if rate else ""
            bar.update(tasks[step], completed=done, total=total, rate=shown, cost=cost(step))

        yield show


@contextmanager
def _lines(cost: Callable[[str], str], clock: Callable[[], float]) -> Iterator[Progress]:
    rates = _Rates(clock)
    told_at = clock()

    def show(step: str, done: int, total: int) -> None:
        nonlocal told_at
        rate = rates.of(step, done)
        if clock() - told_at < LINE_EVERY_S or not rate:
            return
        told_at = clock()
        left = timedelta(seconds=round((total - done) / rate))
        told = (f"{step} {done} of {total}", f"{rate:.1f}/s", f"{left} left", cost(step))
        sys.stderr.write(", ".join(filter(None, told)) + "\n")
        sys.stderr.flush()

    yield show


class _Rates:
    """Items per second of each step since it was first reported, possibly partway through; 0 while unknown."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._begun: dict[str, tuple[float, int]] = {}

    def of(self, step: str, done: int) -> float:
        began, first = self._begun.setdefault(step, (self._clock(), done))
        elapsed = self._clock() - began
        return (done - first) / elapsed if elapsed > KNOWN_AFTER_S else 0.0

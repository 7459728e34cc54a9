"""Progress shows the rate, the time left, and the cost so far, with and without a terminal."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest

from errata.apps.cli.progress import showing_progress
from errata.tools.judging.pacing.budget import Budget, Prices

BUDGET = Budget(prices=Prices(1000.0, 0.0))
BUDGET.charge(BUDGET.reserve(90, 10), 90, 10)


def cost_so_far() -> str:
    return BUDGET.spent.in_words()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Clock:
    """A clock that returns the seconds set by the test."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_without_a_terminal_a_line_now_and_then(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with showing_progress(cost_so_far, clock) as show:
        show("detect", 1, 2)
        show("judge", 50, 200)
        clock.now += 5
        show("judge", 60, 200)
        clock.now += 5
        show("judge", 70, 200)
        show("judge", 71, 200)
    assert capsys.readouterr().err == "judge 70 of 200, 2.0/s, 0:01:05 left, 1 calls, 100 tokens, 0.09 USD\n"


def test_what_costs_nothing_names_no_cost(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with showing_progress(cost_so_far, clock) as show:
        show("embed", 0, 100)
        clock.now += 20
        show("embed", 50, 100)
    assert capsys.readouterr().err == "embed 50 of 100, 2.5/s, 0:00:20 left\n"


def test_on_a_terminal_a_bar(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "120")
    with showing_progress(cost_so_far, clock) as show:
        show("judge", 0, 200)
        clock.now += 10
        show("judge", 70, 200)
    shown = terminal.getvalue()
    assert "70/200" in shown and "7.0/s" in shown and "1 calls, 100 tokens, 0.09 USD" in shown

"""The price of judging is known in advance: an upper bound, including what roles ask first; no price unless one was
set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from errata.agent.drive import drive, scanned
from errata.agent.run.begin import begin
from errata.agent.run.go_ahead import Job, refuse
from errata.agent.run.workspace import Workspace
from errata.agent.views.price import Price, price
from errata.errors import SetupError
from tests.agent.test_loop import settings, silent
from tests.by_hand import closed_later
from tests.conftest import Judge
from tests.topics import write_topics


def begun(tmp_path: Path, judge: Judge, **more: Any) -> Workspace:
    write_topics(tmp_path / "mail.csv")
    return closed_later(begin(tmp_path / "mail.csv", settings(judge.spec, **more)))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"calibrate": True},
        {"protocols": ("question_bank",)},
        {"protocols": ("blind_choice", "question_bank"), "calibrate": True},
        {"permutations": 4},
    ],
)
def test_a_run_takes_no_more_calls_than_were_said(tmp_path: Path, judge: Judge, more: dict[str, Any]) -> None:
    workspace = begun(tmp_path, judge, **more)
    scanned(workspace, silent)
    said = price(workspace)
    assert judge.requests() == []
    drive(workspace, silent)
    assert 0 < len(judge.requests()) <= said.calls


def test_a_price_that_nobody_set_is_unknown_and_minutes_are_known_from_earlier_calls(
    tmp_path: Path, judge: Judge
) -> None:
    workspace = begun(tmp_path, judge, budget="calls=100")
    scanned(workspace, silent)
    before = price(workspace)
    assert (before.usd, before.minutes) == (None, None)
    assert "unknown price" in before.in_words() and "0.00 USD" not in before.in_words()
    drive(workspace, silent)
    after = price(workspace)
    assert after.minutes is not None and 0 < after.minutes < 10


def test_a_paid_job_needs_consent_or_a_budget(tmp_path: Path, judge: Judge) -> None:
    asked: list[Job] = []
    workspace = begun(tmp_path, judge, usd_per_mtok_in=1.0)
    workspace.go_ahead = refuse
    with pytest.raises(SetupError, match=r"calls, about .* USD.*--yes.*--budget"):
        drive(workspace, silent)
    assert judge.requests() == []
    workspace.go_ahead = asked.append
    drive(workspace, silent)
    assert len(asked) == 1 and judge.requests()


@pytest.mark.parametrize("more", [{}, {"usd_per_mtok_in": 1.0, "budget": "calls=500"}])
def test_a_short_job_without_a_price_or_one_with_a_budget_needs_none(
    tmp_path: Path, judge: Judge, more: dict[str, Any]
) -> None:
    workspace = begun(tmp_path, judge, **more)
    workspace.go_ahead = refuse
    drive(workspace, silent)
    assert judge.requests()


def test_amounts_are_said_in_words() -> None:
    assert "2.50 USD at the prices set; about 12 minutes" in Price(1, 0, 9, 99, 2.5, 12.2).costs()
    assert "less than 0.01 USD; less than a minute" in Price(1, 0, 9, 99, 0.001, 0.2).costs()

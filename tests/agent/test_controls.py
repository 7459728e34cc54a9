"""Another package's control works in a run as errata's own does, under any name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.agent.drive import drive, scanned
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.views.price import price
from errata.agent.views.report import summarize
from errata.agent.views.status import describe, status_of
from errata.settings import Settings
from errata.tools.plugins import look_again
from tests.by_hand import closed_later
from tests.conftest import Judge
from tests.topics import write_topics

PACKAGE = """
from errata.tools.judging.protocols.steering import Steering

class Nudge(Steering):
    name = "nudge"

NUDGE = Nudge()
"""
ALONE = "blind_choice"


@pytest.fixture
def nudge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with a control that asks as steering does."""
    (tmp_path / "nudging.py").write_text(PACKAGE)
    info = tmp_path / "nudging-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: nudging\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[errata.protocols]\nnudge = nudging:NUDGE\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    look_again()
    yield
    look_again()


@pytest.mark.parametrize("control", ["steering", "nudge"])
def test_control_items_come_before_suspects_and_the_price_knows_them(
    tmp_path: Path, nudge: None, judge: Judge, control: str
) -> None:
    write_topics(tmp_path / "mail.csv")
    values = {"label": "topic", "text": "message", "embedder": "plain", "judge": (judge.spec,), "random_share": 0.0}
    # The stub is never surer than 0.9; with cautious costs every item would go to a person and need no control.
    more = {"protocols": (ALONE, control), "costs": {"break_right": 1.0}, "calibrate": False}
    settings = Settings.model_validate(values | more)
    workspace = closed_later(begin(tmp_path / "mail.csv", settings))
    scanned(workspace, no_progress)
    drawn = {item.idx for item in Snapshot.of(workspace).control_items}
    estimate = price(workspace)
    assert drawn and estimate.calls == (estimate.suspects + len(drawn)) * 4
    drive(workspace, no_progress)
    assert 0 < len(judge.requests()) <= estimate.calls
    found = Snapshot.of(workspace)
    assert {verdict.protocol for verdict in found.verdicts} == {ALONE}
    assert {verdict.protocol for verdict in found.control_verdicts} == {control}
    assert drawn <= {verdict.idx for verdict in found.verdicts}
    first = [verdict.idx in drawn for verdict in found.control_verdicts]
    assert first == sorted(first, reverse=True) and True in first and False in first
    # The stub knows topics only by their names, as control items show, so no other item is asked about without it.
    assert {verdict.idx in drawn for verdict in found.control_verdicts if "named" in verdict.log_probs} == {True}


def test_status_and_report_name_a_judge_that_no_control_watches(tmp_path: Path, judge: Judge) -> None:
    write_topics(tmp_path / "mail.csv")
    values = {"label": "topic", "text": "message", "embedder": "plain", "judge": (judge.spec,), "random_share": 0.0}
    workspace = closed_later(begin(tmp_path / "mail.csv", Settings.model_validate(values | {"protocols": (ALONE,)})))
    drive(workspace, no_progress)
    (judged,) = {verdict.judge for verdict in Snapshot.of(workspace).verdicts}
    line = "no working control: whether items steer it is not known"
    assert line in describe(status_of(workspace))
    assert f"{judged}: {line}" in summarize(workspace).judging.cards

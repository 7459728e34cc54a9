"""Judges are asked about planted errors as about suspects, and what they say of those is stored nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from errata.agent.actions.evaluating import EVALUATE, EVALUATE_JUDGES, Evaluation
from errata.agent.actions.perform import perform
from errata.agent.drive import drive
from errata.agent.evidence.planted_view import planted_view
from errata.agent.evidence.scan_calibration import planted_scan
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace
from errata.agent.views.status import status_of
from errata.errors import BudgetExceeded, SetupError
from errata.settings import Settings
from errata.tools.inference.planted_errors import plant
from tests.by_hand import closed_later, session_of
from tests.conftest import Judge, stub_server
from tests.topics import write_topics


def run(folder: Path, *judges: str, **more: Any) -> Workspace:
    folder.mkdir(exist_ok=True)
    write_topics(folder / "mail.csv", rows=240, wrong=12)
    values = {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "judge": judges}
    workspace = closed_later(begin(folder / "mail.csv", Settings.model_validate(values | more)))
    drive(workspace, no_progress)
    return workspace


def evaluated(workspace: Workspace) -> Evaluation:
    return perform(EVALUATE_JUDGES, session_of(workspace), plant=20)


def test_a_good_judge_puts_right_what_the_scan_suspects_and_is_paid_once(tmp_path: Path, judge: Judge) -> None:
    workspace = run(tmp_path, judge.spec)
    before, proposals, status = len(judge.requests()), dict(Snapshot.of(workspace).proposals), status_of(workspace)
    priced = perform(EVALUATE, session_of(workspace), plant=20)
    assert len(judge.requests()) == before and not priced.judges, "no model is asked for the price"
    found = evaluated(workspace)
    made = len(judge.requests()) - before
    assert priced.price is not None and 0 < made <= priced.price.calls <= 1.5 * made
    own = found.judges["stub"].total
    assert own.planted == found.scan.total.planted and own.right == own.fixes >= found.scan.total.right > 0
    assert found.panel is None, "one judge is the whole panel"
    assert evaluated(workspace) == replace(found, price=evaluated(workspace).price)
    assert len(judge.requests()) == before + made, "a finished call is never paid for again"
    assert dict(Snapshot.of(workspace).proposals) == proposals
    after = status_of(workspace)
    assert {k: v for k, v in after.items() if k != "spent"} == {k: v for k, v in status.items() if k != "spent"}


def test_a_judge_that_knows_nothing_changes_nothing_and_the_panel_is_measured_too(tmp_path: Path, judge: Judge) -> None:
    with stub_server(tmp_path / "first.log", "--model", "first", "--first-always") as useless:
        found = evaluated(run(tmp_path, useless.spec.replace("stub@", "first@"), judge.spec))
    alone = evaluated(run(tmp_path / "alone", judge.spec))
    assert found.panel == found.judges["stub"] == alone.judges["stub"]
    assert found.judges["first"].total.found <= found.panel.total.found
    assert found.judges["first"].total == found.scan.total, "as the scan"


def test_a_spent_budget_ends_it_with_its_reason(tmp_path: Path, judge: Judge) -> None:
    workspace = run(tmp_path, judge.spec, budget="calls=40")
    with pytest.raises(BudgetExceeded, match="40"):
        evaluated(workspace)


def test_a_run_without_judges_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="--judge"):
        evaluated(run(tmp_path))


def test_a_planted_label_is_what_judges_are_shown(tmp_path: Path) -> None:
    snapshot = Snapshot.of(run(tmp_path))
    scan = planted_scan(snapshot)
    errors = plant(scan.given.labels_N, scan.probs_NK, scan.joint_KK, seed=0)
    view = planted_view(snapshot, errors, scan.repeated(errors.into(scan.given.labels_N), snapshot.detectors))
    idx, label = int(errors.items_P[0]), snapshot.view.space.names[errors.labels_P[0]]
    assert [item.given_label for item in view.content.each([idx])] == [view.rows[idx].given_label] == [label]
    assert snapshot.view.rows[idx].given_label != label
    assert {row.idx for row in view.suspects} <= set(errors.items_P.tolist())
    assert len(view.suspects) > len(errors.items_P) / 2, "topics are told apart by their words"

"""A scan corrects its confidence by planted errors, which never appear in anything stored or written."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from errata.agent.contributions import ScanCalibration
from errata.agent.drive import drive
from errata.agent.evidence.calibrated import calibration
from errata.agent.evidence.error_count import wrong_labels
from errata.agent.evidence.scan_calibration import planted_scan
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace
from errata.agent.views.results import result_columns
from errata.settings import Settings
from errata.tools.inference.planted_scan import learned
from tests.topics import write_topics


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    write_topics(tmp_path / "mail.csv", rows=600, wrong=40)
    made = scanned(tmp_path / "mail.csv")
    yield made
    made.close()


def scanned(data: Path, **more: str) -> Workspace:
    columns = {"text": "message", "label": "topic", "id": "id", "embedder": "plain"}
    workspace = begin(data, Settings.model_validate(columns | more))
    drive(workspace, no_progress)
    return workspace


def test_a_run_learns_from_planted_errors_once(workspace: Workspace) -> None:
    found = Snapshot.of(workspace).contributions.find(ScanCalibration)
    assert found is not None and found.planted >= 40
    again = learned(planted_scan(Snapshot.of(workspace)), lambda done, total: None)
    assert ScanCalibration(**asdict(again)) == found


def test_a_calibration_stored_before_classes_had_offsets_still_holds(workspace: Workspace) -> None:
    stored = ScanCalibration.model_validate_json('{"level": -1.0, "slopes": [1.0, 1.0, 1.0, 1.0], "planted": 100}')
    scan, given_N = Snapshot.of(workspace).view.found, np.zeros(1, np.int64)
    assert calibration(stored, scan, given_N, {}).odds(np.array([0.5]), given_N) == pytest.approx(-0.5)


def test_planted_errors_leave_no_trace(workspace: Workspace, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in sorted((workspace.folder.path / "arrays").rglob("*.npy"))}
    given = result_columns(workspace)["given_label"]
    learned(planted_scan(Snapshot.of(workspace)), lambda done, total: None)
    after = {path.name: path.read_bytes() for path in sorted((workspace.folder.path / "arrays").rglob("*.npy"))}
    assert before == after
    with (tmp_path / "mail.csv").open(encoding="utf-8", newline="") as file:
        assert list(given) == [row["topic"] for row in csv.DictReader(file)]


def test_quality_confidence_and_the_count_add_up(workspace: Workspace) -> None:
    columns = result_columns(workspace)
    quality_N, snapshot = np.array(columns["quality"]), Snapshot.of(workspace)
    assert wrong_labels(snapshot).estimate == pytest.approx(float((1 - quality_N).sum()))
    posterior = snapshot.view.posterior
    assert quality_N == pytest.approx(posterior.given_holds_N)
    for quality, confidence, outcome in zip(quality_N, columns["confidence"], columns["outcome"], strict=True):
        if outcome == "relabel":
            assert confidence <= 1 - quality + 1e-9, "the label proposed is one of the others"


@pytest.mark.parametrize("kind", ["all right", "every second wrong", "two a class", "all alike", "few"])
def test_odd_data_is_scanned_to_the_end(tmp_path: Path, kind: str) -> None:
    texts = [f"word{i % 7} word{i % 3} about topic{i % 3}" for i in range(240)]
    labels = [f"topic{i % 3}" for i in range(240)]
    if kind == "every second wrong":
        labels = [f"topic{(i + i % 2) % 3}" for i in range(240)]
    elif kind == "two a class":
        labels = [f"label {i // 2}" for i in range(240)]
    elif kind == "all alike":
        texts = ["the same"] * 240
    elif kind == "few":
        texts, labels = texts[:6], labels[:6]
    with (tmp_path / "mail.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("id", "message", "topic"), *zip(map(str, range(240)), texts, labels, strict=False)]
        )
    workspace = scanned(tmp_path / "mail.csv")
    quality = np.array(result_columns(workspace)["quality"], float)
    assert np.isfinite(quality).all() and ((quality >= 0) & (quality <= 1)).all()
    if kind == "all right":
        assert wrong_labels(Snapshot.of(workspace)).estimate < 12
    workspace.close()

"""A scan of very many labels, from a CSV to proposals, and nothing of size N x K in the run."""

from __future__ import annotations

import csv
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from errata.agent.drive import drive
from errata.agent.evidence.error_count import wrong_labels
from errata.agent.evidence.planted_view import planted_view
from errata.agent.evidence.scan_calibration import planted_scan
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.views.results import result_columns
from errata.settings import Settings
from errata.tools.detectors.arrays.top_probs import TopProbs
from errata.tools.inference.planted_errors import plant

CLASSES, EACH, WRONG = 950, 40, 50


@pytest.mark.slow
def test_a_scan_of_very_many_labels_proposes_and_keeps_the_likeliest(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(CLASSES), EACH)
    wrong = np.arange(WRONG) * EACH  # one of each of the first classes
    given = truth.copy()
    given[wrong] += 400
    vectors = 2 * rng.standard_normal((CLASSES, 32))[truth] + rng.standard_normal((len(truth), 32))
    np.save(tmp_path / "e.npy", vectors.astype(np.float32))
    with (tmp_path / "d.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows((f"item {n}", f"class {label}") for n, label in enumerate(given.tolist()))
    named = {"text": "text", "label": "label", "embeddings": str(tmp_path / "e.npy")}
    with closing(begin(tmp_path / "d.csv", Settings.model_validate(named))) as workspace:
        drive(workspace, no_progress)
        snapshot, columns = Snapshot.of(workspace), result_columns(workspace)
        assert snapshot.scan is not None and isinstance(snapshot.scan.probs_NK, TopProbs)
        right = sum(
            columns["outcome"][n] == "relabel" and columns["proposed_label"][n] == f"class {truth[n]}"
            for n in wrong.tolist()
        )
        assert right > 0.9 * WRONG
        assert sum(outcome == "relabel" for outcome in columns["outcome"]) < 2 * WRONG
        assert wrong_labels(snapshot).low <= WRONG
        sizes = [path.stat().st_size for path in (workspace.folder.path / "arrays").rglob("*.npy")]
        assert max(sizes) < len(truth) * CLASSES * 4 / 3
        again = planted_scan(snapshot)
        errors = plant(again.given.labels_N, again.probs_NK, again.joint_KK, 1, 100)
        found = again.repeated(errors.into(again.given.labels_N), snapshot.detectors)
        seen = planted_view(snapshot, errors, found)
        assert isinstance(seen.found.probs_NK, TopProbs)
        assert (seen.scan_posterior.given_holds_N[errors.items_P] < 0.5).mean() > 0.9

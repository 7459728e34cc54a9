"""How many planted errors a scan finds, with intervals."""

from __future__ import annotations

import numpy as np
import pytest

from errata.settings import Costs
from errata.tools.detectors import DetectorInput
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.inference.calibration import Calibration
from errata.tools.inference.label_noise import label_noise
from errata.tools.inference.planted_errors import KINDS
from errata.tools.inference.planted_scan import PlantedScan
from errata.tools.inference.posterior import weigh
from errata.tools.inference.recall import PlantedRecall, Recall, interval, planted_recall, planted_rounds
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import F32, Int, LabelSpace

SPACE = LabelSpace(("a", "b", "c"))


def scan_of(labels_N: Int, probs_NK: F32) -> PlantedScan:
    """A scan whose out-of-sample probabilities are given, and stay what they are."""
    noise = label_noise(labels_N, [probs_NK], confident_joint(labels_N, probs_NK).calibrated(labels_N))
    given = DetectorInput(labels_N, 3, None, probs_NK)
    return PlantedScan(given, probs_NK, True, ("confident_learning",), [probs_NK], noise)


def recall_of(sure: float, count: int = 60, wrong: int = 0) -> PlantedRecall:
    """Six hundred items of which a model is so ``sure``; the first few labels are wrong already."""
    true_N = np.arange(600) % 3
    probs_NK = np.full((600, 3), (1 - sure) / 2, np.float32)
    probs_NK[np.arange(600), true_N] = sure
    labels_N = true_N.copy()
    labels_N[:wrong] = (true_N[:wrong] + 1) % 3
    scan = scan_of(labels_N, probs_NK)
    table = weigh(labels_N, scan.label_probs, scan.noise, VerdictColumns.of((), SPACE))
    rounds = planted_rounds(scan, table.given_holds_N, count)
    scans = (scan.repeated(planted.errors.into(labels_N), scan.witnesses) for planted in rounds)
    return planted_recall(labels_N, rounds, scans, SPACE, Calibration(), 1.5, Costs())


def test_a_model_that_knows_the_labels_finds_all_and_names_the_right_ones() -> None:
    found = recall_of(0.98)
    assert found.total == Recall(60, 60, 60, 60)
    assert found.rounds > 1, "at most 3% of a class at a time"
    assert sum(one.planted for one in found.kinds.values()) == found.total.planted
    assert set(found.kinds) == set(KINDS)


def test_a_model_that_knows_nothing_finds_nothing() -> None:
    assert recall_of(1 / 3).total.found == 0


def test_errors_over_labels_that_were_wrong_already_do_not_count() -> None:
    found = recall_of(0.98, wrong=200)
    assert found.total.right == found.total.fixes > 0, "those would be put right to another label than the replaced one"


def test_a_class_is_named_only_where_twenty_were_planted() -> None:
    assert recall_of(0.98, count=12).classes == {}
    assert set(recall_of(0.98, count=90).classes) <= set(SPACE.names)


@pytest.mark.parametrize(("count", "among"), [(0, 0), (0, 10), (10, 10), (3, 10)])
def test_an_interval_holds_the_share(count: int, among: int) -> None:
    low, high = interval(count, among)
    assert 0 <= low <= (count / among if among else 0.5) <= high <= 1
    if among == 10 and count == 3:
        assert (round(low, 3), round(high, 3)) == (0.067, 0.652)  # Clopper and Pearson's table

"""What a scan's confidence is worth, from planted errors."""

from __future__ import annotations

import numpy as np
import pytest

from errata.tools.inference.calibration import MOST_ODDS, Calibration, Planted, calibrate, split
from errata.types import F64, Bool

SPREAD, SHARE, ITEMS = 2.0, 0.1, 20_000


def drawn(distance: float, seed: int = 0) -> tuple[F64, F64, Bool]:
    """True log-odds that a label is wrong, of the items and of planted errors, and which of the items are wrong: two
    normal clouds at this distance, a tenth of the items in the upper one."""
    rng = np.random.default_rng(seed)
    wrong_N = rng.random(ITEMS) < SHARE
    seen_N = rng.normal(distance * wrong_N, 1)
    seen_P = rng.normal(distance, 1, 600)

    def odds(seen: F64) -> F64:
        found: F64 = distance * seen - distance**2 / 2 + np.log(SHARE / (1 - SHARE))
        return found

    return odds(seen_N), odds(seen_P), wrong_N


def planted(odds_P: F64, hits: float = 1.0) -> Planted:
    """Two other labels at .8 and .2, of which the first is right this often."""
    first_P = np.random.default_rng(1).random(len(odds_P)) < hits
    others_PC = np.tile(np.log([0.8, 0.2]), (len(odds_P), 1))
    return Planted(odds_P, others_PC, np.where(first_P, 0, 1), np.ones(len(odds_P)))


def off(odds_N: F64, wrong_N: Bool) -> float:
    """How far the mean confidence is from the share that is wrong, among those above .5."""
    wrong = 1 / (1 + np.exp(-odds_N))
    return float(wrong[wrong > 0.5].mean() - wrong_N[wrong > 0.5].mean())


@pytest.mark.parametrize("stretch", [0.5, 2.0])
def test_odds_that_are_too_flat_or_too_steep_come_nearer_the_truth(stretch: float) -> None:
    odds_N, odds_P, wrong_N = drawn(SPREAD)
    level = (stretch - 1) * np.log((1 - SHARE) / SHARE)
    stretched_N = stretch * odds_N + level
    found = calibrate(planted(stretch * odds_P + level), stretched_N)
    assert abs(off(found.odds(stretched_N), wrong_N)) < 0.95 * abs(off(stretched_N, wrong_N))
    assert abs(np.log(found.slopes[0] * stretch)) < 0.3, "where the scan is sure, right labels are known"


def test_odds_that_are_right_stay_as_they_are() -> None:
    odds_N, odds_P, wrong_N = drawn(SPREAD)
    found = calibrate(planted(odds_P), odds_N)
    assert abs(off(found.odds(odds_N), wrong_N)) < 0.02


def test_the_share_of_wrong_labels_stays_the_data_s_own() -> None:
    odds_N, odds_P, _ = drawn(SPREAD)
    found = calibrate(planted(odds_P), odds_N)
    share = (1 / (1 + np.exp(-found.odds(odds_N)))).mean()
    assert share == pytest.approx(SHARE, abs=0.02)


def test_the_best_other_label_is_as_sure_as_it_was_right() -> None:
    odds_N, odds_P, _ = drawn(SPREAD)
    found = calibrate(planted(odds_P, hits=0.6), odds_N)
    others_1C = np.log([[0.5, 0.4, 0.1]])  # the given label, and two others at .8 and .2 of the rest
    calibrated = found.applied(others_1C)
    best = np.exp(split(calibrated)[0][0, 0])
    assert best == pytest.approx(0.6, abs=0.06)


def test_with_few_planted_errors_a_scan_is_taken_at_its_word() -> None:
    odds_N, odds_P, _ = drawn(SPREAD)
    assert calibrate(planted(odds_P[:39]), odds_N) == Calibration()
    logs_NC = np.log([[0.2, 0.8]])
    assert Calibration().applied(logs_NC) is logs_NC


@pytest.mark.parametrize("distance", [0.0, 1.0, 3.0, 8.0])
def test_calibrated_odds_keep_the_order(distance: float) -> None:
    odds_N, odds_P, _ = drawn(distance)
    found = calibrate(planted(odds_P), odds_N).odds(np.linspace(-40, 40, 200))
    assert (np.diff(found) >= 0).all()
    assert found.max() <= MOST_ODDS


def test_items_without_a_label_or_another_candidate_stay_as_they_are() -> None:
    odds_N, odds_P, _ = drawn(SPREAD)
    found = calibrate(planted(odds_P), odds_N)
    logs_NC = np.array([[-np.inf, -0.1, -2.0], [-0.1, -np.inf, -np.inf]])
    assert found.applied(logs_NC).tolist() == logs_NC.tolist()

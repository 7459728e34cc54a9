"""What a scan's confidence is worth, from planted errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from errata.tools.inference.calibration import MOST_ODDS, Calibration, Planted, calibrate, split
from errata.types import F64, Bool, Int

SPREAD, SHARE, ITEMS, ERRORS = 2.0, 0.1, 20_000, 600
GIVEN_N = np.zeros(ITEMS, np.int64)


def drawn(distance: float, seed: int = 0) -> tuple[F64, F64, Bool]:
    """True log-odds that a label is wrong, of the items and of planted errors, and which of the items are wrong: two
    normal clouds at this distance, a tenth of the items in the upper one."""
    rng = np.random.default_rng(seed)
    wrong_N = rng.random(ITEMS) < SHARE
    seen_N = rng.normal(distance * wrong_N, 1)
    seen_P = rng.normal(distance, 1, ERRORS)

    def odds(seen: F64) -> F64:
        found: F64 = distance * seen - distance**2 / 2 + np.log(SHARE / (1 - SHARE))
        return found

    return odds(seen_N), odds(seen_P), wrong_N


def planted(odds_P: F64, hits: float = 1.0, given_P: Int | None = None) -> Planted:
    """Two other labels at .8 and .2, of which the first is right this often; all of one class if none is given."""
    given_P = np.zeros(len(odds_P), np.int64) if given_P is None else given_P
    first_P = np.random.default_rng(1).random(len(odds_P)) < hits
    others_PC = np.tile(np.log([0.8, 0.2]), (len(odds_P), 1))
    return Planted(given_P, odds_P, others_PC, np.where(first_P, 0, 1), np.ones(len(odds_P)))


def off(odds_N: F64, wrong_N: Bool) -> float:
    """How far the mean confidence is from the share that is wrong, among those above .5."""
    wrong = 1 / (1 + np.exp(-odds_N))
    return float(wrong[wrong > 0.5].mean() - wrong_N[wrong > 0.5].mean())


@pytest.mark.parametrize("stretch", [0.5, 2.0])
def test_odds_that_are_too_flat_or_too_steep_come_nearer_the_truth(stretch: float) -> None:
    odds_N, odds_P, wrong_N = drawn(SPREAD)
    level = (stretch - 1) * np.log((1 - SHARE) / SHARE)
    stretched_N = stretch * odds_N + level
    found = calibrate(planted(stretch * odds_P + level), stretched_N, GIVEN_N)
    assert abs(off(found.odds(stretched_N, GIVEN_N), wrong_N)) < 0.95 * abs(off(stretched_N, wrong_N))
    assert abs(np.log(found.slopes[0] * stretch)) < 0.3, "where the scan is sure, right labels are known"


def test_odds_that_are_right_stay_as_they_are() -> None:
    odds_N, odds_P, wrong_N = drawn(SPREAD)
    found = calibrate(planted(odds_P), odds_N, GIVEN_N)
    assert abs(off(found.odds(odds_N, GIVEN_N), wrong_N)) < 0.02


def test_the_share_of_wrong_labels_stays_the_data_s_own() -> None:
    odds_N, odds_P, _ = drawn(SPREAD)
    found = calibrate(planted(odds_P), odds_N, GIVEN_N)
    share = (1 / (1 + np.exp(-found.odds(odds_N, GIVEN_N)))).mean()
    assert share == pytest.approx(SHARE, abs=0.02)


def test_the_best_other_label_is_as_sure_as_it_was_right() -> None:
    odds_N, odds_P, _ = drawn(SPREAD)
    found = calibrate(planted(odds_P, hits=0.6), odds_N, GIVEN_N)
    others_1C = np.log([[0.5, 0.4, 0.1]])  # the given label, and two others at .8 and .2 of the rest
    calibrated = found.applied(others_1C, GIVEN_N[:1])
    best = np.exp(split(calibrated)[0][0, 0])
    assert best == pytest.approx(0.6, abs=0.06)


def test_with_few_planted_errors_a_scan_is_taken_at_its_word() -> None:
    odds_N, odds_P, _ = drawn(SPREAD)
    assert calibrate(planted(odds_P[:39]), odds_N, GIVEN_N) == Calibration()
    logs_NC = np.log([[0.2, 0.8]])
    assert Calibration().applied(logs_NC, GIVEN_N[:1]) is logs_NC


@pytest.mark.parametrize("distance", [0.0, 1.0, 3.0, 8.0])
def test_calibrated_odds_keep_the_order(distance: float) -> None:
    odds_N, odds_P, _ = drawn(distance)
    found = calibrate(planted(odds_P), odds_N, GIVEN_N).odds(np.linspace(-40, 40, 200), GIVEN_N[:200])
    assert (np.diff(found) >= 0).all()
    assert found.max() <= MOST_ODDS


def test_items_without_a_label_or_another_candidate_stay_as_they_are() -> None:
    odds_N, odds_P, _ = drawn(SPREAD)
    found = calibrate(planted(odds_P), odds_N, GIVEN_N)
    logs_NC = np.array([[-np.inf, -0.1, -2.0], [-0.1, -np.inf, -np.inf]])
    assert found.applied(logs_NC, np.array([-1, 0])).tolist() == logs_NC.tolist()


def two_classes(*distances: float) -> tuple[F64, Planted, Int, Bool]:
    """The odds of the items, and of planted errors, by a scan that takes errors to be as far from right labels in both
    classes, while they are that far in each; the class of each item, and whether its label is wrong."""
    rng, each, assumed = np.random.default_rng(0), np.array(distances), 3.0
    given_N, given_P, wrong_N = np.arange(ITEMS) % 2, np.arange(ERRORS) % 2, rng.random(ITEMS) < SHARE
    odds_N, odds_P = (
        assumed * (distance + rng.normal(size=len(distance))) - assumed**2 / 2 + np.log(SHARE / (1 - SHARE))
        for distance in (wrong_N * each[given_N], each[given_P])
    )
    return odds_N, planted(odds_P, 1.0, given_P), given_N, wrong_N


def surprise(odds_N: F64, wrong_N: Bool) -> float:
    return float(np.logaddexp(0, np.where(wrong_N, -odds_N, odds_N)).mean())


def test_a_class_whose_errors_are_harder_to_see_is_told_from_one_whose_errors_are_plain() -> None:
    odds_N, errors, given_N, wrong_N = two_classes(2.0, 5.0)
    found = calibrate(errors, odds_N, given_N)
    assert found.by_class[0] > 0.2, "where errors are hard to see, less is enough to doubt a label"
    assert found.by_class[1] < -0.8
    alike_N, own_N = replace(found, by_class=()).odds(odds_N, given_N), found.odds(odds_N, given_N)
    for label, better in ((0, 0.99), (1, 0.6)):
        of_class = given_N == label
        assert surprise(own_N[of_class], wrong_N[of_class]) < better * surprise(alike_N[of_class], wrong_N[of_class])


def test_classes_that_are_alike_share_one_curve() -> None:
    odds_N, errors, given_N, _ = two_classes(3.0, 3.0)
    assert np.abs(calibrate(errors, odds_N, given_N).by_class or [0.0]).max() < 0.1


def test_calibrated_odds_keep_the_order_within_a_class() -> None:
    odds_N, errors, given_N, _ = two_classes(2.0, 5.0)
    found = calibrate(errors, odds_N, given_N)
    for label in (-1, 0, 1, 7):
        assert (np.diff(found.odds(np.linspace(-40, 40, 200), np.full(200, label))) >= 0).all()
    no_class, unknown = (found.odds(np.array([1.0]), np.array([label])) for label in (-1, 7))
    assert no_class == unknown == replace(found, by_class=()).odds(np.array([1.0]), np.array([0]))

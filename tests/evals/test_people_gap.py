"""How far a confidence learned from planted errors is from what it is worth on people's errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from evals.people_gap import discounts, shift


def test_the_shift_is_what_the_log_odds_are_off_by() -> None:
    rng = np.random.default_rng(0)
    true_M = rng.uniform(0.5, 0.99, 20_000)
    too_sure_M = expit(logit(true_M) + 0.7)
    found, half = shift(too_sure_M, rng.random(len(true_M)) < true_M)
    assert found == pytest.approx(-0.7, abs=0.06)
    assert 0.01 < half < 0.06


def test_all_right_has_a_finite_shift_with_a_wide_interval() -> None:
    found, half = shift(np.full(10, 0.8), np.ones(10, bool))
    assert 0 < found < half < 10


def test_each_set_is_discounted_by_the_others_and_none_is_made_surer() -> None:
    found = discounts({"noisyag": -1.0, "imdb": 0.4, "roman": 0.5, "cifar10n_given": -2.0, "cifar10n_worst": -1.0})
    assert [one["others"] for one in found["sets"].values()] == [0.2, 0.67, 0.7, 0.03]
    assert found["sets"]["cifar10n"] == {"shift": -1.5, "others": 0.03, "left": -1.47}
    assert found["discount"] == pytest.approx(0.4)
    surer = discounts({"noisyag": 1.0, "imdb": 1.0, "roman": 0.5, "cifar10n_given": 2.0, "cifar10n_worst": 1.0})
    assert surer["discount"] == 0.0 and all(one["others"] == 0.0 for one in surer["sets"].values())

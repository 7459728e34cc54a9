"""Log-probabilities and log-odds, of any size."""

from __future__ import annotations

import math

import pytest
from scipy.special import log_expit, logit, logsumexp

from errata.tools.odds import log_odds, log_sigmoid, log_sum


@pytest.mark.parametrize("values", [[0.0], [-1.0, -2.0, 3.0], [-5000.0, -5001.0], [0.0, -5000.0], [700.0, 710.0]])
def test_the_log_of_a_sum_is_scipys_for_values_of_any_size(values: list[float]) -> None:
    assert log_sum(*values) == pytest.approx(logsumexp(values))


@pytest.mark.parametrize("prob", [1e-300, 1e-9, 0.1, 0.5, 0.9, 1 - 1e-9])
def test_log_odds_are_scipys(prob: float) -> None:
    assert log_odds(math.log(prob)) == pytest.approx(logit(prob))


def test_the_odds_of_what_is_certain_are_finite() -> None:
    assert log_odds(0.0) == pytest.approx(-math.log(1e-12))


@pytest.mark.parametrize("odds", [-5000.0, -3.0, 0.0, 0.1, 40.0, 5000.0])
def test_log_odds_become_a_log_probability_again(odds: float) -> None:
    assert log_sigmoid(odds) == pytest.approx(log_expit(odds))

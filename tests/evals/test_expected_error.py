"""The calibration error is that of the judge, not of a small sample."""

from __future__ import annotations

import numpy as np
import pytest

from errata.types import F64, Bool
from evals.expected_error import debiased_ece, debiased_squared_error


def sample(items: int, off: float, seed: int) -> tuple[F64, Bool]:
    """A judge whose confidence is ``off`` too high everywhere."""
    draw = np.random.default_rng(seed)
    confidence_N = draw.uniform(0.5, 0.9, items)
    return confidence_N, draw.uniform(size=items) < confidence_N - off


def plain(confidence_N: F64, right_N: Bool, bins: int = 15) -> float:
    parts = np.array_split(np.argsort(confidence_N), bins)
    gaps = [abs(confidence_N[part].mean() - right_N[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(confidence_N))


def test_a_constant_gap_is_found_by_hand() -> None:
    confidence_N = np.array([0.9] * 10 + [0.6] * 10)
    right_N = np.array([True] * 10 + [False] * 10)
    assert debiased_ece(confidence_N, right_N) == pytest.approx(0.5 * 0.1 + 0.5 * 0.6)
    assert debiased_squared_error(confidence_N, right_N) == pytest.approx(0.5 * 0.01 + 0.5 * 0.36)


def test_equal_confidences_share_a_bin() -> None:
    confidence_N = np.full(100, 0.5)
    right_N = np.arange(100) % 2 == 0
    assert debiased_squared_error(confidence_N, right_N) == pytest.approx(-0.25 / 99)


@pytest.mark.parametrize("off", [0.0, 0.2])
def test_on_average_the_squared_error_is_the_true_one(off: float) -> None:
    found = [debiased_squared_error(*sample(300, off, seed)) for seed in range(200)]
    assert np.mean(found) == pytest.approx(off**2, abs=4 * np.std(found) / np.sqrt(len(found)))


def test_chance_is_taken_out_of_the_absolute_error() -> None:
    pairs = [(debiased_ece(*sample(300, 0.0, seed)), plain(*sample(300, 0.0, seed))) for seed in range(100)]
    debiased, raw = np.mean(pairs, axis=0)
    assert 0 < debiased < 0.7 * raw
    far = [debiased_ece(*sample(300, 0.3, seed)) for seed in range(100)]
    assert np.mean(far) == pytest.approx(0.3, abs=0.01)


def test_the_exact_mean_is_what_the_released_estimator_draws() -> None:
    confidence_N, right_N = sample(200, 0.05, 3)
    parts = np.array_split(np.argsort(confidence_N), 5)
    share_B = np.array([len(part) / 200 for part in parts])
    mean_B = np.array([right_N[part].mean() for part in parts])
    model_B = np.array([confidence_N[part].mean() for part in parts])
    spread_B = np.sqrt(mean_B * (1 - mean_B) / [len(part) for part in parts])
    drawn = np.random.default_rng(0).normal(mean_B, spread_B, (20000, 5))
    moved = (np.abs(drawn - model_B) @ share_B).mean()
    assert debiased_ece(confidence_N, right_N, 5) == pytest.approx(
        2 * plain(confidence_N, right_N, 5) - moved, abs=2e-3
    )


def test_no_items_have_no_error() -> None:
    assert np.isnan(debiased_ece(np.empty(0), np.empty(0, dtype=bool)))
    assert np.isnan(debiased_squared_error(np.empty(0), np.empty(0, dtype=bool)))

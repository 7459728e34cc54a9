"""Expected calibration error: how far confidence and accuracy are apart, minus what chance alone would show."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from errata.types import F64, Bool

BINS = 15


def debiased_ece(confidence_N: F64, right_N: Bool, bins: int = BINS) -> float:
    """Expected calibration error in [0, 1], low = good, over ``bins`` of equal mass; equal confidences share a bin.

    The plain estimate is too high, the more the fewer items a bin holds: sampling moves its accuracy. What that adds is
    estimated under a normal approximation and subtracted (Kumar, Liang, Ma: Verified Uncertainty Calibration, NeurIPS
    2019, their released estimator for the absolute error; they draw it at random, its mean is known exactly). Less than
    all of it is subtracted where the judge is nearly calibrated, so a small value is still rather too high. Can be
    slightly negative; NaN without items.
    """
    share_B, gap_B, spread_B, _ = _binned(confidence_N, right_N, bins)
    if not len(share_B):
        return float("nan")
    plain = float(share_B @ np.abs(gap_B))
    moved = float(share_B @ _mean_of_folded(gap_B, spread_B))
    return 2 * plain - moved


def debiased_squared_error(confidence_N: F64, right_N: Bool, bins: int = BINS) -> float:
    """The squared calibration error over the same bins without bias (Kumar et al., Definition 5.2): the square of
    gap, less accuracy * (1 - accuracy) / (n - 1). Below 0 where a calibrated judge was lucky; NaN without items."""
    share_B, gap_B, spread_B, size_B = _binned(confidence_N, right_N, bins)
    if not len(share_B):
        return float("nan")
    chance_B = spread_B**2 * size_B / np.maximum(size_B - 1, 1)
    return float(share_B @ (gap_B**2 - chance_B))


def _binned(confidence_N: F64, right_N: Bool, bins: int) -> tuple[F64, F64, F64, F64]:
    """For each bin: share of the items, mean confidence less accuracy, the latter's standard deviation, and size."""
    if not len(confidence_N):
        return (np.empty(0),) * 4
    edges = np.unique(np.quantile(confidence_N, np.linspace(0, 1, bins + 1)[1:-1]))
    bin_N = np.searchsorted(edges, confidence_N, side="left")
    size_B = np.bincount(bin_N).astype(float)
    used = size_B > 0
    confidence_B = np.bincount(bin_N, confidence_N)[used] / size_B[used]
    accuracy_B = np.bincount(bin_N, right_N.astype(float))[used] / size_B[used]
    spread_B = np.sqrt(accuracy_B * (1 - accuracy_B) / size_B[used])
    return size_B[used] / len(confidence_N), confidence_B - accuracy_B, spread_B, size_B[used]


def _mean_of_folded(mean_B: F64, spread_B: F64) -> F64:
    """E|X| for normal X."""
    spread_B = np.maximum(spread_B, 1e-12)
    z_B = np.abs(mean_B) / spread_B
    return np.asarray(spread_B * 2 * norm.pdf(z_B) + np.abs(mean_B) * (1 - 2 * norm.cdf(-z_B)))

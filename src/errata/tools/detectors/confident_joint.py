"""The confident joint: counts of (given label, true label) that confident learning reads off class probabilities.

Northcutt, Jiang, Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels"; equal to cleanlab 2.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errata.types import Bool, Int

Probs = NDArray[np.floating[Any]]

NEVER = 2.0
"""Threshold of a class that no item was given: no probability reaches it."""
CLOSE = 1e-6
BLOCK = 1 << 22
"""Probabilities looked at in one pass, so that no second array of N x K is ever made."""


@dataclass(frozen=True, slots=True)
class ConfidentJoint:
    """``counts_KK[a, b]``: items given a and confidently b, diagonal at least 1. ``guess_N``: that b, or -1."""

    counts_KK: Int
    guess_N: Int

    def calibrated(self, labels_N: Int) -> Int:
        """i64[K, K]: the counts scaled so that row a sums to the number of items given a."""
        given_K = np.bincount(labels_N, minlength=len(self.counts_KK))
        scaled_KK = (self.counts_KK.T / self.counts_KK.sum(axis=1) * given_K).T
        total = scaled_KK.sum()
        if total == 0:
            return np.zeros_like(self.counts_KK)
        return _round_rows(scaled_KK / total * given_K.sum())


def confident_joint(labels_N: Int, probs_NK: Probs) -> ConfidentJoint:
    """Counts each item that reaches the threshold of some class; where it reaches several, under the largest.

    Takes checked input: labels 0..K-1, rows that are distributions.
    """
    classes = probs_NK.shape[1]
    thresholds_K = confident_thresholds(labels_N, probs_NK)
    guess_N = np.empty(len(labels_N), np.int64)
    step = max(1, BLOCK // classes)
    for start in range(0, len(labels_N), step):
        guess_N[start : start + step] = _guess(probs_NK[start : start + step], thresholds_K)
    sure_N = guess_N >= 0
    # Counted by true label and then transposed, as the reference does: the order in memory is the order of summation,
    # and the last bit of a sum decides how an exact half is rounded.
    cells = guess_N[sure_N] * classes + labels_N[sure_N]
    counts_KK = np.bincount(cells, minlength=classes * classes).reshape(classes, classes).T
    np.fill_diagonal(counts_KK, np.maximum(counts_KK.diagonal(), 1))
    return ConfidentJoint(counts_KK, guess_N)


def confident_thresholds(labels_N: Int, probs_NK: Probs) -> NDArray[np.float64]:
    """f64[K]: the mean self-confidence of the items given each class; NEVER for a class that nobody gave."""
    classes = probs_NK.shape[1]
    given_N = probs_NK[np.arange(len(labels_N)), labels_N].astype(np.float64)
    counts_K = np.bincount(labels_N, minlength=classes)
    sums_K = np.bincount(labels_N, given_N, classes)
    means_K = np.divide(sums_K, counts_K, out=np.full(classes, NEVER), where=counts_K > 0)
    thresholds_K: NDArray[np.float64] = np.maximum(means_K, 2 * CLOSE)
    return thresholds_K


def close_to_given(labels_N: Int, probs_NK: Probs) -> Bool:
    """bool[N]: the given label is the most probable one, or misses it by less than CLOSE."""
    close_N = np.empty(len(labels_N), np.bool_)
    step = max(1, BLOCK // probs_NK.shape[1])
    for start in range(0, len(labels_N), step):
        labels, probs = labels_N[start : start + step], probs_NK[start : start + step].copy()
        probs[np.arange(len(labels)), labels] += CLOSE
        close_N[start : start + step] = probs.argmax(axis=1) == labels
    return close_N


def _guess(probs_NK: Probs, thresholds_K: NDArray[np.float64]) -> Int:
    reaches_NK = probs_NK >= (thresholds_K - CLOSE).astype(probs_NK.dtype)
    several_N = reaches_NK.sum(axis=1)
    # argmax runs over all classes, also over those below their threshold: so does the reference.
    guess_N = np.where(several_N > 1, probs_NK.argmax(axis=1), reaches_NK.argmax(axis=1))
    return np.where(several_N > 0, guess_N, -1)


def _round_rows(values_KK: NDArray[np.float64]) -> Int:
    """Integers near the values, each row keeping its sum: the entries that rounding moved most are moved back."""
    rounded_KK = values_KK.round()
    for values, rounded in zip(values_KK, rounded_KK, strict=True):
        missing = int(np.sum(values).round() - rounded.sum())
        sign = 1 if missing > 0 else -1
        rounded[np.argsort(values - rounded)[::-sign][: abs(missing)]] += sign
    return rounded_KK.astype(np.int64)

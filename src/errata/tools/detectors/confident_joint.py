"""The confident joint: counts of (given label, true label) that confident learning reads off class probabilities.

Northcutt, Jiang, Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", section 3.1; equal to
cleanlab 2.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.tools.detectors.blocks import block_rows, each_block
from errata.types import Int

Probs = NDArray[np.floating[Any]]

NEVER = 2
"""Threshold of a class that no item was given: no probability reaches it."""
CLOSE = 1e-6
"""Probabilities nearer to each other than this count as equal."""
SORTING = 8
"""Time to sort a value, in times to look at one: smaller blocks, so that no thread waits for another."""


@dataclass(frozen=True, slots=True)
class ConfidentJoint:
    """``counts_KK[a, b]``: items given a and confidently b, diagonal at least 1. ``guess_N``: that b, or -1.

    ``highest_N``: the largest probability of each item, whatever its class.
    """

    counts_KK: Int
    guess_N: Int
    highest_N: Probs

    def calibrated(self, labels_N: Int) -> Int:
        """i64[K, K]: the counts scaled so that row a sums to the number of items given a."""
        given_K = np.bincount(labels_N, minlength=len(self.counts_KK))
        scaled_KK = (self.counts_KK.T / self.counts_KK.sum(axis=1)).T
        scaled_KK *= given_K[:, None]
        scaled_KK /= scaled_KK.sum() or 1
        scaled_KK *= given_K.sum()
        return round_rows(scaled_KK)


def confident_joint(labels_N: Int, probs_NK: Probs) -> ConfidentJoint:
    """Counts each item that reaches the threshold of some class; where it reaches several, under the largest.

    Takes checked input: labels 0..K-1, rows that are distributions.
    """
    items, classes = probs_NK.shape
    least_K = _least(confident_thresholds(labels_N, probs_NK), probs_NK.dtype)
    # Two arrays of one shape are compared much faster than one of them is stretched.
    least_nK = np.tile(least_K, (min(items, block_rows(classes)), 1))
    guess_N, highest_N = np.empty(items, np.int64), np.empty(items, probs_NK.dtype)

    def look(rows: slice) -> None:
        probs_nK = probs_NK[rows]
        guess_N[rows] = _guess(probs_nK, probs_nK >= least_nK[: len(probs_nK)])
        highest_N[rows] = probs_nK.max(axis=1)

    each_block(look, items, classes)
    sure_N = guess_N >= 0
    # Counted by true label and then transposed, as the reference does: the order in memory is the order of summation,
    # and the last bit of a sum decides how an exact half is rounded.
    cells = guess_N[sure_N] * classes + labels_N[sure_N]
    counts_KK = np.bincount(cells, minlength=classes * classes).reshape(classes, classes).T
    np.fill_diagonal(counts_KK, np.maximum(counts_KK.diagonal(), 1))
    return ConfidentJoint(counts_KK, guess_N, highest_N)


def confident_thresholds(labels_N: Int, probs_NK: Probs) -> Probs:
    """[K]: the mean self-confidence of the items given each class; NEVER for a class that nobody gave.

    In the precision of the probabilities, or float64 where a class is absent: so has the reference.
    """
    order, starts = by_class(labels_N, probs_NK.shape[1])
    given_N = self_confidence(labels_N, probs_NK)[order]
    # Class by class, since the rounding of a sum depends on what is summed with what.
    means = [given_N[a:b].sum() / (b - a) if a < b else NEVER for a, b in pairwise(starts.tolist())]
    thresholds_K: Probs = np.maximum(np.array(means), 2 * CLOSE)
    return thresholds_K


def self_confidence(labels_N: Int, probs_NK: Probs) -> Probs:
    """[N] in [0, 1]: the probability of the given label."""
    given_N: Probs = probs_NK[np.arange(len(labels_N)), labels_N]
    return given_N


class ByClass(NamedTuple):
    """Items in the order of their classes: those given class a are ``items[starts[a] : starts[a + 1]]``."""

    items: Int
    starts: Int


def by_class(labels_N: Int, num_classes: int, items: Int | None = None) -> ByClass:
    """All items, or ``items``, in the order of their classes; those of a class in their own order."""
    # Numbers of 8 or 16 bits are sorted by counting.
    labels_n = (labels_N if items is None else labels_N[items]).astype(np.min_scalar_type(num_classes))
    order = np.argsort(labels_n, kind="stable")
    starts = np.concatenate([[0], np.bincount(labels_n, minlength=num_classes).cumsum()])
    return ByClass(order if items is None else items[order], starts)


def round_rows(values_KK: NDArray[np.float64]) -> Int:
    """i64[K, K] near the values, each row keeping its sum: the entries that rounding moved most are moved back."""
    rounded_KK = np.empty(values_KK.shape, np.int64)

    def round_some(rows: slice) -> None:
        values_kK = np.ascontiguousarray(values_KK[rows])
        nearest_kK = values_kK.round()
        missing_k = (values_kK.sum(axis=1).round() - nearest_kK.sum(axis=1)).astype(np.int64)
        # Which of equal entries are moved is left to the sort, which must then be the reference's.
        moved_k = np.flatnonzero(missing_k)
        orders = np.argsort(values_kK[moved_k] - nearest_kK[moved_k], axis=1)
        for row, order, missing in zip(moved_k.tolist(), orders, missing_k[moved_k].tolist(), strict=True):
            if missing > 0:
                nearest_kK[row, order[-missing:]] += 1
            else:
                nearest_kK[row, order[:-missing]] -= 1
        rounded_KK[rows] = nearest_kK

    each_block(round_some, len(values_KK), SORTING * len(values_KK))
    return rounded_KK


def _least(thresholds_K: Probs, dtype: np.dtype[Any]) -> Probs:
    """[K]: the smallest probability of the given precision that reaches each threshold."""
    exact_K = thresholds_K - CLOSE
    least_K: Probs = exact_K.astype(dtype)
    return np.where(least_K < exact_K, np.nextafter(least_K, dtype.type(NEVER)), least_K)


def _guess(probs_nK: Probs, reaches_nK: NDArray[np.bool_]) -> Int:
    item_h, class_h = np.divmod(np.flatnonzero(reaches_nK), probs_nK.shape[1])
    guess_n = np.full(len(probs_nK), -1)
    guess_n[item_h] = class_h
    several = np.flatnonzero(np.bincount(item_h, minlength=len(probs_nK)) > 1)
    # The largest of all classes, also of those below their threshold: so has the reference.
    guess_n[several] = probs_nK[several].argmax(axis=1)
    return guess_n

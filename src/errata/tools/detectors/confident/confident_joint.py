"""The confident joint: counts of (given label, true label) that confident learning derives from class probabilities.

Northcutt, Jiang, Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", section 3.1; equal to
cleanlab 2.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.by_class import by_class
from errata.tools.detectors.arrays.checks import RowCheck
from errata.tools.detectors.arrays.top_classes import CLOSE, TopClasses, top_classes
from errata.types import F32, F64, Int, LabelProbs, Probs

NEVER = 2
"""Threshold of a class without items: no probability reaches it."""
SORTING = 8
"""Cost of sorting a value relative to reading it: blocks are smaller, so that no thread waits for another."""


@dataclass(frozen=True, slots=True)
class ConfidentJoint:
    """``counts_KK[a, b]``: items given a and confidently b, or their weight; diagonal at least 1. ``guess_N``: that b,
    or -1.

    ``top_classes``: what the counts are based on.
    """

    counts_KK: Int | F64
    guess_N: Int
    top_classes: TopClasses

    def calibrated(self, labels_N: Int, weights_N: F32 | None = None) -> Int:
        """i64[K, K]: the counts scaled so that row a sums to the number of items given a, or to their weight, but at
        least to 1 where there are any."""
        given_K = np.bincount(labels_N, minlength=len(self.counts_KK))
        if weights_N is not None:
            given_K = np.maximum(np.bincount(labels_N, weights_N, len(self.counts_KK)), given_K > 0)
        scaled_KK = (self.counts_KK.T / self.counts_KK.sum(axis=1)).T
        scaled_KK *= given_K[:, None]
        scaled_KK /= scaled_KK.sum() or 1
        scaled_KK *= given_K.sum()
        return round_rows(scaled_KK)


def confident_joint(
    labels_N: Int, probs_NK: LabelProbs, seen: TopClasses | None = None, weights_N: F32 | None = None
) -> ConfidentJoint:
    """Counts each item that reaches the threshold of some class; if it reaches several, under the largest.

    Takes checked input: labels 0..K-1, rows that are distributions; ``seen`` if it was computed already; and how much
    each item counts, by default 1.
    """
    classes = probs_NK.shape[1]
    seen = top_classes(labels_N, probs_NK) if seen is None else seen
    thresholds_K = _thresholds(labels_N, seen.given_N, classes, weights_N)
    guess_N = _guess(probs_NK, seen, _least(thresholds_K, probs_NK.dtype))
    sure_N = guess_N >= 0
    # Counted by true label and then transposed, as in the reference: the order in memory is the order of summation, and
    # the last bit of a sum decides how an exact half is rounded.
    cells = guess_N[sure_N] * classes + labels_N[sure_N]
    sure_n = None if weights_N is None else weights_N[sure_N]
    counts_KK = np.bincount(cells, sure_n, classes * classes).reshape(classes, classes).T
    np.fill_diagonal(counts_KK, np.maximum(counts_KK.diagonal(), 1))
    return ConfidentJoint(counts_KK, guess_N, seen)


def checked_joint(labels_N: Int, probs_NK: LabelProbs) -> ConfidentJoint:
    """The same for unchecked rows, which are checked in the same pass.

    Raises DataError as ``checks.probabilities`` does.
    """
    check = RowCheck(probs_NK)
    seen = top_classes(labels_N, probs_NK, check.look)
    check.finish()
    return confident_joint(labels_N, probs_NK, seen)


def confident_thresholds(labels_N: Int, probs_NK: LabelProbs) -> Probs:
    """[K]: the mean self-confidence of the items given each class; NEVER for a class without items.

    In the precision of the probabilities, or float64 if a class is absent, as in the reference.
    """
    return _thresholds(labels_N, self_confidence(labels_N, probs_NK), probs_NK.shape[1])


def _thresholds(labels_N: Int, given_N: Probs, num_classes: int, weights_N: F32 | None = None) -> Probs:
    order, starts = by_class(labels_N, num_classes)
    given_n, weights_n = given_N[order], None if weights_N is None else weights_N[order]

    def mean(a: int, b: int) -> Any:
        return given_n[a:b].sum() / (b - a) if weights_n is None else np.average(given_n[a:b], weights=weights_n[a:b])

    # Class by class, since the rounding of a sum depends on the order of its terms.
    means = [mean(a, b) if a < b else NEVER for a, b in pairwise(starts.tolist())]
    thresholds_K: Probs = np.maximum(np.array(means), 2 * CLOSE)
    return thresholds_K


def self_confidence(labels_N: Int, probs_NK: LabelProbs) -> Probs:
    """[N] in [0, 1]: the probability of the given label."""
    given_N: Probs = probs_NK[np.arange(len(labels_N)), labels_N]
    return given_N


def round_rows(values_KK: F64) -> Int:
    """i64[K, K] close to the values, each row keeping its sum: the entries that rounding moved most are moved back."""
    rounded_KK = np.empty(values_KK.shape, np.int64)

    def round_some(rows: slice) -> None:
        values_kK = np.ascontiguousarray(values_KK[rows])
        nearest_kK = values_kK.round()
        missing_k = (values_kK.sum(axis=1).round() - nearest_kK.sum(axis=1)).astype(np.int64)
        # The sort decides which of equal entries are moved, so it must be the same as the reference's.
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


def _guess(probs_NK: LabelProbs, seen: TopClasses, least_K: Probs) -> Int:
    """i64[N]: the class that each item counts under, or -1."""
    guess_N = np.where(seen.highest_N >= least_K[seen.top_N], seen.top_N, -1)
    # If the largest is below its own class's threshold, a smaller one may reach a lower threshold.
    short_S = np.flatnonzero((guess_N < 0) & (seen.highest_N >= least_K.min()))

    def look(part: slice) -> None:
        reaches_sK = probs_NK[short_S[part]] >= least_K
        found = np.flatnonzero(reaches_sK.any(axis=1))
        items, reaches_fK = short_S[part][found], reaches_sK[found]
        # Of several, the largest of all classes, including those below their threshold, as in the reference.
        several_f = np.count_nonzero(reaches_fK, axis=1) > 1
        guess_N[items] = np.where(several_f, seen.top_N[items], reaches_fK.argmax(axis=1))

    each_block(look, len(short_S), len(least_K))
    return guess_N

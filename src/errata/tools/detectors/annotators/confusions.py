"""Notable confusions: classes that an annotator mixes up more often than carelessness alone would explain.

Compared with two kinds of carelessness with as many errors as this annotator makes: errors spread evenly over the wrong
classes, and errors distributed like the other annotators'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errata.tools.detectors.annotators.dawid_skene import RIGHT, WRONG
from errata.types import F32, F64, Int


@dataclass(frozen=True, slots=True)
class Confusion:
    """Items of class ``true`` that the annotator called ``given``: the expected ``count``, and its ``share`` of those
    seen."""

    true: int
    given: int
    count: float
    share: float


def expected_counts(label_probs_vK: F32, labels_v: Int) -> F64:
    """f64[K, K]: over these votes, how often an item of each true class (row) was called each class (column)."""
    classes = label_probs_vK.shape[1]
    counts_KK = np.zeros((classes, classes))
    np.add.at(counts_KK.T, labels_v, label_probs_vK)
    return counts_KK


def standing_out(own_KK: F64, crowd_KK: F64, level: float) -> tuple[Confusion, ...]:
    """The off-diagonal cells of one annotator's expected counts that carelessness explains with a probability below
    ``level`` (exact binomial tail), least likely first; none below a count of 1. ``crowd_KK``: the others' counts."""
    from scipy.special import betainc

    true_C, given_C = np.nonzero((own_KK >= 1) & ~np.eye(len(own_KK), dtype=np.bool_))
    if not len(true_C):
        return ()
    count_C, seen_C = own_KK[true_C, given_C], own_KK.sum(axis=1)[true_C]
    # The incomplete beta function is the binomial tail, and takes counts that are expectations.
    tail_C = betainc(count_C, seen_C - count_C + 1, _careless(own_KK, crowd_KK)[true_C, given_C])
    order = np.argsort(tail_C, kind="stable")[: np.count_nonzero(tail_C < level)]
    return tuple(
        Confusion(int(true_C[c]), int(given_C[c]), float(count_C[c]), float(count_C[c] / seen_C[c])) for c in order
    )


def _careless(own_KK: F64, crowd_KK: F64) -> F64:
    """f64[K, K], at most 1: the larger probability of each cell under the two kinds of carelessness."""
    others = max(len(own_KK) - 1, 1)
    right_KK = np.eye(len(own_KK), dtype=np.bool_)
    seen_K1 = own_KK.sum(axis=1, keepdims=True)
    habits_KK = crowd_KK + np.where(right_KK, RIGHT, WRONG / others)
    habits_KK /= crowd_KK.sum(axis=1, keepdims=True) + RIGHT + WRONG
    errors = own_KK.sum(where=~right_KK)
    # How many errors the others would have made on the items this annotator saw.
    usual = (habits_KK * seen_K1).sum(where=~right_KK)
    chance_KK: F64 = np.maximum(habits_KK * max(errors / usual, 1), errors / seen_K1.sum() / others)
    return np.minimum(chance_KK, 1)

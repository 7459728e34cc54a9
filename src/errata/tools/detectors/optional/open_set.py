"""Out-of-class items: a wrong label that no relabeling can fix.

A softmax must put its 1 somewhere, so its confidence is no evidence that an item belongs to any class (Nguyen,
Yosinski, Clune 2015). Here are four signals that miss different items; none needs confirmation by another.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import labeled, probabilities, vectors
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors import neighbors
from errata.tools.detectors.neighbors.neighbors import Neighbors
from errata.tools.detectors.optional.mixture import upper_probability
from errata.tools.detectors.probs import ridge
from errata.types import F32, F64, Int, Scores

SURELY_OUT_OF_CLASS = 0.95
"""Probability of the high-loss Gaussian from which an item is used as an example of out of class."""
CUT = 0.2
"""On digits with a hundred out-of-class items among 1,400 it flags 1 to 4% of the others, .5 would flag 8 to 42%."""
SMALLEST = 1e-6


class OpenSet(NamedTuple):
    """Four signals f32[N], high = more likely out of class: ``p_out`` and ``p_none`` in [0, 1] are probabilities.

    ``distance``: that to the last neighbor over the median of the item's probable class, 1 = typical.
    ``confidence_drop`` in [-1, 1]: how much less sure the neighbors are of the item's probable class.
    """

    p_out: F32
    p_none: F32
    distance: F32
    confidence_drop: F32


def detect(embeddings_ND: ArrayLike, labels_N: ArrayLike, probs_NK: ArrayLike, near: Neighbors | None = None) -> Scores:
    """Scores of labeled items: ``quality`` is the probability that one of the classes applies; ``flag``: below CUT.

    It is the probability that neither ``p_out`` nor ``p_none`` is true, reduced if the neighbors are far. ``probs_NK``
    are out-of-sample. Raises DataError for invalid arrays.
    """
    found = signals(embeddings_ND, labels_N, probs_NK, near)
    quality_N = ((1 - found.p_out) * (1 - found.p_none) / np.maximum(found.distance, 1)).astype(np.float32)
    return Scores(quality_N, quality_N < CUT)


def signals(
    embeddings_ND: ArrayLike, labels_N: ArrayLike, probs_NK: ArrayLike, near: Neighbors | None = None
) -> OpenSet:
    """The four signals by themselves. Neighbors are searched for if not given."""
    probs = probabilities(probs_NK, len(np.asarray(labels_N))).astype(np.float32, copy=False)
    labels = labeled(labels_N, probs.shape[1])
    embeddings = vectors(embeddings_ND, len(labels))
    if near is None:
        near = neighbors.neighbors(embeddings)
    if len(near.indices_Nk) != len(labels):
        raise DataError(f"Neighbors must be those of the {len(labels)} labeled items, got {len(near.indices_Nk)} rows.")
    return OpenSet(
        p_out(embeddings, probs),
        p_none(embeddings, labels, probs),
        relative_distance(near, probs.argmax(axis=1)),
        confidence_drop(near, probs),
    )


def p_out(embeddings_ND: F32, probs_NK: F32) -> F32:
    """f32[N]: probability of the far side of a hyperplane between items of surely high loss and the rest.

    LSA, "An accurate detection is not all you need to combat label noise in web-noisy datasets". The loss is that of
    the likeliest label, not of the given one: an item that another class explains is mislabeled, not out of class. The
    hyperplane is a ridge regression that leaves each item out; the paper fits a logistic one and scores its own
    training items.
    """
    from scipy.special import expit, logit

    high_N = 1 - upper_probability(np.log(probs_NK.max(axis=1), dtype=np.float64), np.zeros(len(probs_NK), np.int64), 1)
    out_N = (high_N > SURELY_OUT_OF_CLASS).astype(np.int64)
    share = out_N.mean() if len(out_N) else 0
    if share in (0, 1):
        return np.full(len(out_N), share, np.float32)
    spread_D = embeddings_ND.std(axis=0)
    scaled_ND = (embeddings_ND - embeddings_ND.mean(axis=0)) / np.where(spread_D > 0, spread_D, 1)
    logits_N2 = one_vs_rest(ridge.leave_one_out(scaled_ND, out_N, 2), out_N)
    return expit(logits_N2[:, 1] + logit(share)).astype(np.float32)


def p_none(embeddings_ND: F32, labels_N: Int, probs_NK: F32) -> F32:
    """f32[N]: sum over the classes of p(class) * p(not of this class), the latter from one head per class.

    "IOMatch: Simplifying Open-Set Semi-Supervised Learning with Joint Inliers and Outliers Utilization" (Li et al.
    2023), with ridge heads that leave each item out.
    """
    from scipy.special import expit

    inside_NK = expit(one_vs_rest(ridge.leave_one_out(embeddings_ND, labels_N, probs_NK.shape[1]), labels_N))
    none_N: F32 = np.einsum("nk,nk->n", probs_NK, 1 - inside_NK)
    return np.clip(none_N, 0, 1)


def one_vs_rest(scores_NK: F32, labels_N: Int) -> F32:
    """f32[N, K]: log-odds of each class against the rest, both equally likely beforehand.

    The scores of members and of the rest are treated as Gaussian, with the mean of their variances. 0 if members do not
    score higher than the rest, or if one of the two is empty.
    """
    rows, classes = scores_NK.shape
    own_N = scores_NK[np.arange(rows), labels_N].astype(np.float64)
    members_K = np.bincount(labels_N, minlength=classes)
    sums_K, squares_K = (np.bincount(labels_N, own_N**power, classes).astype(np.float64) for power in (1, 2))
    rest_K = rows - members_K
    rest_sums_K = scores_NK.sum(axis=0, dtype=np.float64) - sums_K
    rest_squares_K = np.einsum("nk,nk->k", scores_NK, scores_NK, dtype=np.float64) - squares_K
    mean_K, variance_K = _moments(members_K, sums_K, squares_K)
    rest_mean_K, rest_variance_K = _moments(rest_K, rest_sums_K, rest_squares_K)
    gap_K = np.where((members_K > 0) & (rest_K > 0), np.maximum(mean_K - rest_mean_K, 0), 0)
    slope_K = 2 * gap_K / np.maximum(variance_K + rest_variance_K, SMALLEST)
    logits_NK: F32 = (scores_NK - ((mean_K + rest_mean_K) / 2).astype(np.float32)) * slope_K.astype(np.float32)
    return logits_NK


def relative_distance(near: Neighbors, classes_N: Int) -> F32:
    """f32[N]: cosine distance to the last neighbor over its median in the item's class; 1 if there is no neighbor.

    Classes differ in width: what is far in one is typical in another.
    """
    if not near.similarities_Nk.shape[1]:
        return np.ones(len(classes_N), np.float32)
    distance_N = np.maximum(1 - near.similarities_Nk[:, -1], SMALLEST)
    relative_N = np.empty(len(classes_N), np.float32)
    for label in np.unique(classes_N):
        members = np.flatnonzero(classes_N == label)
        relative_N[members] = distance_N[members] / np.median(distance_N[members])
    return relative_N


def confidence_drop(near: Neighbors, probs_NK: F32) -> F32:
    """f32[N]: the probability of the item's likeliest class, minus the neighbors' mean probability of it.

    The crowd of "Towards Open-Set Test-Time Adaptation Utilizing the Wisdom of Crowds in Entropy Minimization" (Lee et
    al. 2023): what is wrong loses confidence when others adapt the model. Frozen embeddings have no model to adapt, and
    one entropy-minimizing step on a probe's bias and scale ranks items as their confidence does; neighbors are a crowd
    that does not change.
    """
    best_N = probs_NK.argmax(axis=1)
    crowd_N = np.zeros(len(probs_NK), np.float32)
    for neighbor_N in near.indices_Nk.T:
        crowd_N += probs_NK[neighbor_N, best_N] / near.indices_Nk.shape[1]
    drop_N: F32 = probs_NK.max(axis=1) - crowd_N
    return drop_N if near.indices_Nk.shape[1] else crowd_N


def _moments(counts_K: Int, sums_K: F64, squares_K: F64) -> tuple[F64, F64]:
    means_K = sums_K / np.maximum(counts_K, 1)
    return means_K, np.maximum(squares_K / np.maximum(counts_K, 1) - means_K**2, 0)


DETECTOR = Detector(
    "open_set",
    "out-of-class items",
    ("embeddings", "probs"),
    lambda given: detect(given.embeddings(), given.labels_N, given.probabilities(), given.near),
)

"""The worst-supported items of each class, as many as the noise channel says are wrong.

Zhu, Dong, Liu 2022, "Detecting Corrupted Labels Without Training a Model to Predict" (SimiFeat), rank mode. Its 21
rounds on nine tenths of the items are omitted: on digits they gained at most .02 of F1 and cost .01 to .03 of average
precision.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.detectors.confident.transition import NoiseChannel, from_joint
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors.neighbors import Neighbors, class_shares, labeled_neighbors, weighted_votes
from errata.types import F32, Bool, Int, Scores

LARGEST_SHARE = 0.95
"""The maximum share of a class that is flagged. There is no minimum: it would flag clean classes."""


def detect(near: Neighbors, labels_N: ArrayLike, num_classes: int, channel: NoiseChannel | None = None) -> Scores:
    """Scores of labeled items: ``quality`` is the given label's part of the item's vote vector, scaled to length 1.

    The item votes too, about as much as its nearest neighbor. ``flag``: of each class b the share
    1 - P(true = b | given = b) with the lowest quality. ``label_probs``: the neighbors' votes alone, smoothed by one
    vote spread as the classes are. ``channel``: the noise, by default from the confident joint of those votes (on
    digits with 40% noise F1 is .975, and .933 with the paper's ``transition.from_neighbors``). Raises DataError for
    invalid arrays.
    """
    labels = labeled_neighbors(near, labels_N, num_classes)
    weights_Nk = np.maximum(near.similarities_Nk, 0)
    votes_NK = weighted_votes(near, weights_Nk, labels, num_classes)
    probs_NK = votes_NK + class_shares(labels, num_classes)
    probs_NK /= probs_NK.sum(axis=1, keepdims=True)
    channel = channel or from_joint(confident_joint(labels, probs_NK).calibrated(labels))
    quality_N = _support(votes_NK, labels, _own_weight(near.similarities_Nk))
    return Scores(quality_N, _worst(quality_N, labels, channel), probs_NK)


def _own_weight(similarities_Nk: F32) -> F32:
    """f32[N] in [0, 1]: the weight at a distance as far before the nearest neighbor as the second is behind it."""
    if similarities_Nk.shape[1] < 2:
        return np.ones(len(similarities_Nk), np.float32)
    weight_N: F32 = np.clip(2 * similarities_Nk[:, 0] - similarities_Nk[:, 1], 0, 1)
    return weight_N


def _support(votes_NK: F32, labels_N: Int, own_N: F32) -> F32:
    given_N = votes_NK[np.arange(len(labels_N)), labels_N]
    squares_N = np.einsum("nk,nk->n", votes_NK, votes_NK) - given_N**2 + (given_N + own_N) ** 2
    support_N: F32 = (given_N + own_N) / np.sqrt(np.maximum(squares_N, np.finfo(np.float32).tiny))
    return np.minimum(support_N, 1)


def _worst(quality_N: F32, labels_N: Int, channel: NoiseChannel) -> Bool:
    wrong_K = np.clip(1 - channel.true_given().diagonal(), 0, LARGEST_SHARE)
    flag_N = np.zeros(len(labels_N), np.bool_)
    order_N = np.lexsort((quality_N, labels_N))
    starts_K = np.searchsorted(labels_N[order_N], np.arange(len(wrong_K)))
    rank_N = np.arange(len(labels_N)) - starts_K[labels_N[order_N]]
    count_K = np.bincount(labels_N, minlength=len(wrong_K))
    flag_N[order_N] = rank_N < np.round(wrong_K * count_K)[labels_N[order_N]]
    return flag_N


DETECTOR = Detector(
    "neighbor_rank",
    "the worst-supported items of each class, as many as the noise channel says",
    ("embeddings",),
    lambda given: detect(given.near, given.labels_N, given.num_classes),
)

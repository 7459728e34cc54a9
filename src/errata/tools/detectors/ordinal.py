"""Ordered labels: how far from an item's label do its neighbors' labels lie?

Near items with far labels are the pairs that ConR pushes apart in training (Keramati, Meng, Evans 2024);
here they are evidence against a label. One step aside weighs little, five steps weigh five times as much.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.neighbors import Neighbors, labeled_neighbors, neighbor_votes
from errata.types import F32, Scores

TAIL = 0.2
"""Share of the votes at the given label or beyond, below which it is flagged: of ten neighbors at most one is there."""


def detect(near: Neighbors, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of items with labels in the order 0 < 1 < ... < K-1, or of numbers in K bins.

    ``quality``: 1 less the mean distance between the given label and the neighbors' votes, over K-1. ``flag``: almost
    no vote lies at the given label or beyond it. ``label_probs`` f32[N, K]: the votes, as of ``neighbors.detect``.
    Raises DataError for unfit arrays.
    """
    labels = labeled_neighbors(near, labels_N, num_classes)
    votes_NK = neighbor_votes(near, labels, num_classes)
    given_N = np.arange(len(labels)), labels
    quality_N: F32 = 1 - expected_distance(votes_NK)[given_N] / np.float32(max(num_classes - 1, 1))
    tails_NK = np.minimum(votes_NK.cumsum(axis=1), votes_NK[:, ::-1].cumsum(axis=1)[:, ::-1])
    return Scores(quality_N, tails_NK[given_N] < TAIL, votes_NK)


def expected_distance(probs_NK: F32) -> F32:
    """f32[N, K]: how many steps from each label the true one is to be expected."""
    steps_K = np.arange(probs_NK.shape[1], dtype=np.float32)
    distances_NK: F32 = probs_NK @ np.abs(steps_K[:, None] - steps_K)
    return distances_NK

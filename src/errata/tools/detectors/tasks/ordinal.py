"""Ordered labels: how far from an item's label is the true one to be expected?

Near items with far labels are the pairs that ConR pushes apart in training (Keramati, Meng, Evans 2024, "ConR:
Contrastive Regularizer for Deep Imbalanced Regression"); here they are evidence against a label. One step aside weighs
little, five steps weigh five times as much.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.arrays.checks import labeled, probabilities
from errata.types import F32, Probs, Scores

TAIL = 0.2
"""Probability of the given label or anything beyond it, below which it is flagged: of ten neighbors at most one."""


def detect(labels_N: ArrayLike, probs_NK: ArrayLike) -> Scores:
    """Scores of items with labels in the order 0 < 1 < ... < K-1, or of numbers in K bins.

    ``quality``: 1 less the expected distance of the true label from the given one, over K-1. ``flag``: the true label
    hardly lies at the given one or beyond it. ``probs_NK``: out of sample; the ensemble's find more than the neighbors'
    votes alone, which are ConR's evidence. ``label_probs``: the same. Raises DataError for unfit arrays.
    """
    probs = probabilities(probs_NK, len(np.asarray(labels_N))).astype(np.float32, copy=False)
    labels = labeled(labels_N, probs.shape[1])
    given_N = np.arange(len(labels)), labels
    quality_N: F32 = 1 - expected_distance(probs)[given_N] / np.float32(max(probs.shape[1] - 1, 1))
    tails_NK = np.minimum(probs.cumsum(axis=1), probs[:, ::-1].cumsum(axis=1)[:, ::-1])
    return Scores(np.clip(quality_N, 0, 1), tails_NK[given_N] < TAIL, probs)


def expected_distance(probs_NK: Probs) -> F32:
    """f32[N, K]: how many steps from each label the true one is to be expected."""
    steps_K = np.arange(probs_NK.shape[1], dtype=np.float32)
    distances_NK: F32 = probs_NK @ np.abs(steps_K[:, None] - steps_K)
    return distances_NK

"""Ordered labels: how far the true label is expected to be from the given one.

Similar items with distant labels are the pairs that ConR pushes apart in training (Keramati, Meng, Evans 2024, "ConR:
Contrastive Regularizer for Deep Imbalanced Regression"); here they are evidence against a label. One step counts
little, five steps count five times as much.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.arrays.checks import labeled, probabilities
from errata.types import F32, Probs, Scores

TAIL = 0.2
"""An item is flagged if the given label or anything beyond it has less probability: of ten neighbors, one at most."""


def detect(labels_N: ArrayLike, probs_NK: ArrayLike) -> Scores:
    """Scores of items with labels in the order 0 < 1 < ... < K-1, or of numbers in K bins.

    ``quality``: 1 minus the expected distance of the true label from the given one, over K-1. ``flag``: the true label
    is hardly ever the given one or beyond it. ``probs_NK``: out of sample; the ensemble's find more than the neighbors'
    votes alone, which are ConR's evidence. ``label_probs``: the same. Raises DataError for invalid arrays.
    """
    probs = probabilities(probs_NK, len(np.asarray(labels_N))).astype(np.float32, copy=False)
    labels = labeled(labels_N, probs.shape[1])
    given_N = np.arange(len(labels)), labels
    quality_N: F32 = 1 - expected_distance(probs)[given_N] / np.float32(max(probs.shape[1] - 1, 1))
    tails_NK = np.minimum(probs.cumsum(axis=1), probs[:, ::-1].cumsum(axis=1)[:, ::-1])
    return Scores(np.clip(quality_N, 0, 1), tails_NK[given_N] < TAIL, probs)


def expected_distance(probs_NK: Probs) -> F32:
    """f32[N, K]: the expected number of steps from each label to the true one."""
    steps_K = np.arange(probs_NK.shape[1], dtype=np.float32)
    distances_NK: F32 = probs_NK @ np.abs(steps_K[:, None] - steps_K)
    return distances_NK

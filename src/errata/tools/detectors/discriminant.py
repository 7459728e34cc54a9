"""Linear discriminant analysis (Fisher 1936) with each item left out of its class' mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.tools.detectors import confident_learning
from errata.tools.detectors.checks import labeled, vectors
from errata.tools.detectors.temperature import probabilities_from
from errata.tools.features.embedder import unit_rows
from errata.types import F32, Int, Scores

SHRINKAGE = 0.1
"""Share of the covariance that is replaced by a round one of the same size."""
SMALLEST_REST = 1e-3
"""Least share of the spread along an item's direction that comes from others: a lone outlier would divide by 0."""


def detect(embeddings_ND: ArrayLike, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: self-confidence under the leave-one-out probabilities, low = bad; flags by confident
    learning. Raises DataError for unfit arrays."""
    labels = labeled(labels_N, num_classes)
    return confident_learning.detect(labels, leave_one_out(vectors(embeddings_ND, len(labels)), labels, num_classes))


def leave_one_out(embeddings_ND: F32, labels_N: Int, num_classes: int) -> F32:
    """f32[N, K], rows sum to 1: classes by distance from their means, measured by the spread within classes.

    An item takes part neither in its class' mean nor in the spread. Of n members, leaving one out moves the mean to
    n / (n - 1) times its distance and takes one rank off the covariance (Sherman, Morrison 1950). The only member of a
    class is measured from the middle of all items, since its class has no mean without it.
    """
    units_ND = unit_rows(embeddings_ND)
    middle_D = units_ND.mean(axis=0)
    counts_K = np.bincount(labels_N, minlength=num_classes)
    means_KD = _means(units_ND, labels_N, counts_K, middle_D)
    white_DD = _whitening(units_ND - means_KD[labels_N])
    white_ND, white_KD = (units_ND - middle_D) @ white_DD, (means_KD - middle_D) @ white_DD
    apart_ND = white_ND - white_KD[labels_N]
    own_NK = labels_N[:, None] == np.arange(num_classes)
    away_N = np.where(counts_K > 1, counts_K / np.maximum(counts_K - 1, 1), 1)[labels_N]
    distances_NK = _dot(white_ND, white_ND)[:, None] - 2 * (white_ND @ white_KD.T) + _dot(white_KD, white_KD)
    distances_NK *= np.where(own_NK, away_N[:, None] ** 2, 1)
    toward_NK = (_dot(white_ND, apart_ND)[:, None] - apart_ND @ white_KD.T) * np.where(own_NK, away_N[:, None], 1)
    share_N = (1 - SHRINKAGE) / len(labels_N) * away_N
    rest_N = np.maximum(1 - share_N * _dot(apart_ND, apart_ND), SMALLEST_REST)
    distances_NK += toward_NK**2 * (share_N / rest_N)[:, None]
    return probabilities_from(-distances_NK.astype(np.float64) / 2, labels_N)


def _means(units_ND: F32, labels_N: Int, counts_K: Int, middle_D: F32) -> F32:
    return np.stack([units_ND[labels_N == k].mean(axis=0) if n > 1 else middle_D for k, n in enumerate(counts_K)])


def _dot(left_ND: F32, right_ND: F32) -> F32:
    rows_N: F32 = np.einsum("nd,nd->n", left_ND, right_ND)
    return rows_N


def _whitening(residuals_ND: F32) -> F32:
    """f32[D, D] that makes the shrunk covariance of the residuals round."""
    rows, width = residuals_ND.shape
    covariance_DD: NDArray[np.float64] = (residuals_ND.T @ residuals_ND).astype(np.float64) / rows
    size = max(float(np.trace(covariance_DD)) / width, np.finfo(np.float32).tiny)
    covariance_DD = (1 - SHRINKAGE) * covariance_DD + SHRINKAGE * size * np.eye(width)
    return np.linalg.cholesky(np.linalg.inv(covariance_DD)).astype(np.float32)

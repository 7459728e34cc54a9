"""Linear discriminant analysis (Fisher 1936) with each item left out of its class' mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.arrays.blocks import unit_blocks
from errata.tools.detectors.arrays.checks import labeled, vectors
from errata.tools.detectors.arrays.class_sums import class_sums
from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.probs.temperature import probabilities_from
from errata.types import F32, Int, Scores

SHRINKAGE = 0.1
"""Share of the covariance that is replaced by a round one of the same size."""
SMALLEST_REST = 1e-3
"""Least share of the spread along an item's direction that comes from others: a lone outlier would divide by 0."""


def detect(embeddings_ND: ArrayLike, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: quality and flags by confident learning on the leave-one-out probabilities.

    Raises DataError for unfit arrays.
    """
    labels = labeled(labels_N, num_classes)
    return confident_learning.detect(labels, leave_one_out(vectors(embeddings_ND, len(labels)), labels, num_classes))


def leave_one_out(embeddings_ND: F32, labels_N: Int, num_classes: int) -> F32:
    """f32[N, K], rows sum to 1: classes by distance from their means, measured by the spread within classes.

    An item takes part neither in its class' mean nor in the spread. Of n members, leaving one out moves the mean to
    n / (n - 1) times its distance and takes one rank off the covariance (Sherman, Morrison 1950). The only member of a
    class is measured from the middle of all items, since its class has no mean without it.
    """
    return probabilities_from(left_out_scores(embeddings_ND, labels_N, num_classes), labels_N)


def left_out_scores(embeddings_ND: F32, labels_N: Int, num_classes: int) -> F32:
    """f32[N, K]: minus half of the squared distance from each class' mean, as ``leave_one_out`` measures it."""
    counts_K = np.bincount(labels_N, minlength=num_classes)
    middle_D, means_KD = _means(embeddings_ND, labels_N, counts_K)
    white_DD = whitening(embeddings_ND, labels_N, means_KD, float(np.finfo(np.float32).tiny))
    white_KD = _matmul(means_KD - middle_D, white_DD)
    away_K = np.where(counts_K > 1, counts_K / np.maximum(counts_K - 1, 1), 1).astype(np.float32)
    scores_NK = np.empty((len(labels_N), num_classes), np.float32)
    for rows, units_BD in unit_blocks(embeddings_ND):
        labels_B = labels_N[rows]
        away_B = away_K[labels_B]
        white_BD = _matmul(units_BD - middle_D, white_DD)
        apart_BD = white_BD - white_KD[labels_B]
        own = np.arange(len(labels_B)), labels_B
        distances_BK = _dot(white_BD, white_BD)[:, None] - 2 * (white_BD @ white_KD.T) + _dot(white_KD, white_KD)
        distances_BK[own] *= away_B**2
        toward_BK = _dot(white_BD, apart_BD)[:, None] - apart_BD @ white_KD.T
        toward_BK[own] *= away_B
        share_B = (1 - SHRINKAGE) / len(labels_N) * away_B
        rest_B = np.maximum(1 - share_B * _dot(apart_BD, apart_BD), SMALLEST_REST)
        distances_BK += toward_BK**2 * (share_B / rest_B)[:, None]
        scores_NK[rows] = distances_BK / -2
    return scores_NK


def _means(embeddings_ND: F32, labels_N: Int, counts_K: Int) -> tuple[F32, F32]:
    """The middle of all items f32[D], and the classes' means f32[K, D]: the middle where there is at most one."""
    sums_KD = np.zeros((len(counts_K), embeddings_ND.shape[1]))
    for rows, units_BD in unit_blocks(embeddings_ND):
        sums_KD += class_sums(units_BD, labels_N[rows], len(counts_K))
    middle_D = sums_KD.sum(axis=0) / max(len(labels_N), 1)
    means_KD = np.where(counts_K[:, None] > 1, sums_KD / np.maximum(counts_K, 1)[:, None], middle_D)
    return middle_D.astype(np.float32), means_KD.astype(np.float32)


def _matmul(left_ND: F32, right_DD: F32) -> F32:
    product_ND: F32 = np.matmul(left_ND, right_DD, dtype=np.float32)
    return product_ND


def _dot(left_ND: F32, right_ND: F32) -> F32:
    rows_N: F32 = np.einsum("nd,nd->n", left_ND, right_ND)
    return rows_N


def whitening(embeddings_ND: F32, labels_N: Int, means_KD: F32, smallest: float, weights_N: F32 | None = None) -> F32:
    """f32[D, D] that makes round the shrunk covariance of what is left of the (weighted) items without their means.

    ``smallest``: least squared spread per direction, for items that are all equal.
    """
    width = embeddings_ND.shape[1]
    covariance_DD, total = np.zeros((width, width)), 0.0
    for rows, units_BD in unit_blocks(embeddings_ND):
        residuals_BD = units_BD - means_KD[labels_N[rows]]
        weighted_BD = residuals_BD if weights_N is None else residuals_BD * weights_N[rows, None]
        covariance_DD += weighted_BD.T @ residuals_BD
        total += len(residuals_BD) if weights_N is None else float(weights_N[rows].sum())
    covariance_DD /= max(total, smallest)
    size = max(float(np.trace(covariance_DD)) / width, smallest)
    covariance_DD = (1 - SHRINKAGE) * covariance_DD + SHRINKAGE * size * np.eye(width)
    return np.linalg.cholesky(np.linalg.inv(covariance_DD)).astype(np.float32)


DETECTOR = Detector(
    "discriminant",
    "each class has a spread of its own, and says what does not belong to it",
    ("embeddings",),
    lambda given: detect(given.embeddings(), given.labels_N, given.num_classes),
    in_ensemble=True,
)

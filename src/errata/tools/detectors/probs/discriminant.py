"""Linear discriminant analysis (Fisher 1936) with each item left out of its class' mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.arrays.checks import labeled, vectors
from errata.tools.detectors.arrays.class_sums import class_sums
from errata.tools.detectors.arrays.held_rows import MadeRows
from errata.tools.detectors.arrays.unit_blocks import PRODUCT_ROWS, unit_blocks
from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors.copies import numbered, shares
from errata.tools.detectors.probs.temperature import probabilities_from, probability_rows
from errata.tools.features.embedder import unit_rows
from errata.types import F32, F64, Bool, Int, Scores

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SHRINKAGE = 0.1
"""Share of the covariance that is replaced by a spherical one of the same size."""
SMALLEST_REST = 1e-3
"""Minimum share of the spread along an item's direction that comes from others: a lone outlier would divide by 0."""


def detect(embeddings_ND: ArrayLike, labels_N: ArrayLike, num_classes: int, copies_N: Int | None = None) -> Scores:
    """Scores of labeled items: quality and flags by confident learning on the leave-one-out probabilities.

    Raises DataError for invalid arrays.
    """
    labels = labeled(labels_N, num_classes)
    probs_NK = leave_one_out(vectors(embeddings_ND, len(labels)), labels, num_classes, copies_N)
    return confident_learning.detect(labels, probs_NK, copies_N)


def leave_one_out(embeddings_ND: F32, labels_N: Int, num_classes: int, copies_N: Int | None = None) -> F32:
    """f32[N, K], rows sum to 1: classes by distance from their means, relative to the within-class spread.

    An item takes part neither in its class' mean nor in the spread. Of n members, leaving one out moves the mean to n /
    (n - 1) times its distance and removes one rank from the covariance (Sherman, Morrison 1950). The only member of a
    class is measured from the center of all items, since its class has no mean without it.

    ``copies_N``: groups of copies (``copies.find_groups``). A group weighs as much as one item, whatever its labels,
    and is left out with each of its members, as if it were at that member's position.
    """
    scores_NK = left_out_scores(embeddings_ND, labels_N, num_classes, copies_N)
    return probabilities_from(scores_NK, labels_N, shares(copies_N))


def left_out_rows(embeddings_ND: F32, labels_N: Int, num_classes: int, copies_N: Int | None = None) -> MadeRows:
    """The same as ``leave_one_out``, by rows."""
    return probability_rows(_score_rows(embeddings_ND, labels_N, num_classes, copies_N), labels_N, shares(copies_N))


def left_out_scores(embeddings_ND: F32, labels_N: Int, num_classes: int, copies_N: Int | None = None) -> F32:
    """f32[N, K]: minus half of the squared distance from each class' mean, as ``leave_one_out`` measures it."""
    rows_NK = _score_rows(embeddings_ND, labels_N, num_classes, copies_N)
    scores_NK = np.empty(rows_NK.shape, np.float32)
    for start in range(0, len(labels_N), PRODUCT_ROWS):
        rows = slice(start, start + PRODUCT_ROWS)
        scores_NK[rows] = rows_NK[rows]
    return scores_NK


def _score_rows(embeddings_ND: F32, labels_N: Int, num_classes: int, copies_N: Int | None) -> MadeRows:
    weights_N, taken = shares(copies_N), _taken(labels_N, num_classes, copies_N)
    middle_D, means_KD = _means(embeddings_ND, labels_N, taken, weights_N)
    white_DD = whitening(embeddings_ND, labels_N, means_KD, float(np.finfo(np.float32).tiny), weights_N)
    white_KD = _matmul(means_KD - middle_D, white_DD)
    total = float(taken.sizes_K.sum())

    def scores(rows: slice | Int) -> F32:
        units_BD, labels_B = unit_rows(embeddings_ND[rows]), labels_N[rows]
        item_E, label_E, weight_E, away_E = taken.of(rows)
        own_E = label_E == labels_B[item_E]
        white_BD = _matmul(units_BD - middle_D, white_DD)
        apart_BD = white_BD - white_KD[labels_B]
        distances_BK = _dot(white_BD, white_BD)[:, None] - 2 * (white_BD @ white_KD.T) + _dot(white_KD, white_KD)
        distances_BK[item_E, label_E] *= away_E**2
        toward_BK = _dot(white_BD, apart_BD)[:, None] - apart_BD @ white_KD.T
        toward_BK[item_E, label_E] *= away_E
        share_B = (1 - SHRINKAGE) / total * away_E[own_E] * weight_E[own_E]
        rest_B = np.maximum(1 - share_B * _dot(apart_BD, apart_BD), SMALLEST_REST)
        distances_BK += toward_BK**2 * (share_B / rest_B)[:, None]
        return np.asarray(distances_BK / -2, np.float32)

    return MadeRows((len(labels_N), num_classes), scores)


class _Taken(NamedTuple):
    """What is removed from the classes with each item: csr [N, K], its own weight and that of its copies, own labels
    included. ``sizes_K``: the weight of each class; ``lone_K``: all of it is one item, or one group of copies."""

    weights: csr_array
    sizes_K: F64
    lone_K: Bool

    def of(self, rows: slice | Int) -> tuple[Int, Int, F32, F32]:
        """For each class that something is removed from: the item's position among these rows, the label, the weight,
        and the factor by which the mean's distance grows."""
        taken = self.weights[rows]
        label_E = taken.indices.astype(np.int64)
        item_E: Int = np.repeat(np.arange(taken.shape[0]), np.diff(taken.indptr))
        sizes_E = self.sizes_K[label_E]
        away_E: F64 = np.ones(len(label_E))
        np.divide(sizes_E, sizes_E - taken.data, out=away_E, where=~self.lone_K[label_E])
        return item_E, label_E, taken.data.astype(np.float32), away_E.astype(np.float32)


def _taken(labels_N: Int, num_classes: int, copies_N: Int | None) -> _Taken:
    from scipy.sparse import csr_array

    groups_N = np.arange(len(labels_N)) if copies_N is None else numbered(copies_N)
    shape = int(groups_N.max(initial=-1)) + 1, num_classes
    weights_N = 1 / np.bincount(groups_N, minlength=1)[groups_N]
    of_groups = csr_array((weights_N, (groups_N, labels_N)), shape)
    lone_K = np.bincount(of_groups.indices, minlength=num_classes) <= 1
    return _Taken(of_groups[groups_N], np.bincount(labels_N, weights_N, num_classes).astype(np.float64), lone_K)


def _means(embeddings_ND: F32, labels_N: Int, taken: _Taken, weights_N: F32 | None) -> tuple[F32, F32]:
    """The center of all items f32[D], and the classes' means f32[K, D]: the center if they are lone."""
    sums_KD = np.zeros((len(taken.sizes_K), embeddings_ND.shape[1]))
    for rows, units_BD in unit_blocks(embeddings_ND):
        weights_B = None if weights_N is None else weights_N[rows]
        sums_KD += class_sums(units_BD, labels_N[rows], len(taken.sizes_K), weights_B)
    middle_D = sums_KD.sum(axis=0) / max(float(taken.sizes_K.sum()), 1.0)
    sizes_K1 = np.where(taken.lone_K, 1, taken.sizes_K)[:, None]
    means_KD = np.where(taken.lone_K[:, None], middle_D, sums_KD / sizes_K1)
    return middle_D.astype(np.float32), means_KD.astype(np.float32)


def _matmul(left_ND: F32, right_DD: F32) -> F32:
    product_ND: F32 = np.matmul(left_ND, right_DD, dtype=np.float32)
    return product_ND


def _dot(left_ND: F32, right_ND: F32) -> F32:
    rows_N: F32 = np.einsum("nd,nd->n", left_ND, right_ND)
    return rows_N


def whitening(embeddings_ND: F32, labels_N: Int, means_KD: F32, smallest: float, weights_N: F32 | None = None) -> F32:
    """f32[D, D] that makes spherical the shrunk covariance of the (weighted) items after subtracting their means.

    ``smallest``: minimum squared spread per direction, for items that are all equal.
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
    lambda given: detect(given.embeddings(), given.labels_N, given.num_classes, given.found_copies_N),
    in_ensemble=True,
)

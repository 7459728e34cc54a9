"""A Gaussian for each class, fitted to the items that the class wins; small classes borrow from classes like them.

After RCAL, "When Noisy Labels Meet Long Tail Dilemmas: A Representation Calibration Method" (Zhang et al. 2023): noise
is kept out of the classes' statistics, and tail classes take over those of similar head classes. The paper removes
outliers. Here an item does not shape its class where another class wins it: wrong labels between look-alike classes are
no outliers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.tools.detectors.arrays.checks import labeled, vectors
from errata.tools.detectors.arrays.class_sums import class_sums
from errata.tools.detectors.arrays.unit_blocks import PRODUCT_ROWS, unit_blocks
from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.probs.discriminant import SHRINKAGE, SMALLEST_REST, whitening
from errata.tools.detectors.probs.temperature import probabilities_from
from errata.tools.features.embedder import unit_rows
from errata.tools.features.probe import FOLDS
from errata.types import F32, F64, Int, Scores

Floats = NDArray[np.floating[Any]]

LOST = 1e-3
"""Weight of an item that another class wins: enough to locate a class that wins none of its own items."""
BORROWED = 20.0
"""Items whose spread a class borrows from similar classes."""
LIKENESS = 4.0
"""Classes lend by exp(-LIKENESS * (squared distance / that of the nearest class - 1))."""
COMMON = 0.5
"""Share of the spread that is common to all classes."""
SMALLEST = 1e-9
"""Minimum squared spread, of embeddings of length 1: identical items have none."""


class Gaussians(NamedTuple):
    """Class means in the space where the within-class spread is round, and each class' own parameters.

    ``weights_K``: of its items. ``scatter_K``: weighted sum of their squared distances from the mean. ``lent_K``: the
    squared distance per item that it borrows. ``width``: that of all items.
    """

    middle_D: F32
    white_DD: F32
    means_KD: F32
    weights_K: F64
    scatter_K: F64
    lent_K: F64
    width: float


def detect(embeddings_ND: ArrayLike, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: quality and flags by confident learning on the leave-one-out probabilities.

    Raises DataError for invalid arrays.
    """
    labels = labeled(labels_N, num_classes)
    return confident_learning.detect(labels, leave_one_out(vectors(embeddings_ND, len(labels)), labels, num_classes))


def leave_one_out(embeddings_ND: F32, labels_N: Int, num_classes: int, product_rows: int = PRODUCT_ROWS) -> F32:
    """f32[N, K], rows sum to 1: probabilities under Gaussians in which the item's own label had no part.

    Which class wins an item is learned without the item's whole fold, the Gaussians then without the item. If all items
    were used, an item's label would have an effect through the items it helped to win: on random labels of three
    classes, half of the items agreed with their label. Folds alternate within a class, since they serve the others'
    weights and not the item's own. ``product_rows``: items per product.
    """
    folds_N = np.empty(len(labels_N), np.int64)
    folds_N[np.argsort(labels_N, kind="stable")] = np.arange(len(labels_N)) % FOLDS
    scores_NK = np.empty((len(labels_N), num_classes), np.float32)
    for fold in range(min(FOLDS, len(labels_N))):
        weights_N = _weights(embeddings_ND, labels_N, num_classes, (folds_N != fold).astype(np.float32), product_rows)
        fit = fit_gaussians(embeddings_ND, labels_N, weights_N, num_classes, product_rows)
        held = np.flatnonzero(folds_N == fold)
        for rows in np.array_split(held, -(-len(held) // product_rows)):
            scores_NK[rows] = left_out_scores(fit, unit_rows(embeddings_ND[rows]), labels_N[rows], weights_N[rows])
    return probabilities_from(scores_NK, labels_N)


def _weights(embeddings_ND: F32, labels_N: Int, num_classes: int, learn_N: F32, product_rows: int) -> F32:
    """f32[N]: 1 for an item that its class wins under Gaussians of the items to learn from, LOST for the others."""
    fit = fit_gaussians(embeddings_ND, labels_N, learn_N, num_classes, product_rows)
    weights_N = np.full(len(labels_N), LOST, np.float32)
    for rows, units_BD in unit_blocks(embeddings_ND, product_rows):
        scores_BK = left_out_scores(fit, units_BD, labels_N[rows], learn_N[rows])
        weights_N[rows][scores_BK.argmax(axis=1) == labels_N[rows]] = 1
    return weights_N


def fit_gaussians(
    embeddings_ND: F32, labels_N: Int, weights_N: F32, num_classes: int, product_rows: int = PRODUCT_ROWS
) -> Gaussians:
    """The Gaussians of embeddings f32[N, D], each at length 1, in which item n counts ``weights_N[n]`` in [0, 1].
    ``product_rows``: items in one product."""
    weights_K = np.bincount(labels_N, weights_N, num_classes).astype(np.float64)
    total = max(float(weights_K.sum()), LOST)
    sums_KD = np.zeros((num_classes, embeddings_ND.shape[1]))
    for rows, units_BD in unit_blocks(embeddings_ND, product_rows):
        sums_KD += class_sums(units_BD, labels_N[rows], num_classes, weights_N[rows])
    middle_D = sums_KD.sum(axis=0) / total
    # The only member of a class is measured from the center of all items: its class has no mean without it.
    placed_K = (weights_K > 0) & (np.bincount(labels_N, minlength=num_classes) > 1)
    means_KD = np.where(placed_K[:, None], sums_KD / np.where(placed_K, weights_K, 1)[:, None], middle_D)
    means_KD = means_KD.astype(np.float32)
    white_DD = whitening(embeddings_ND, labels_N, means_KD, SMALLEST, weights_N)
    scatter_K = np.zeros(num_classes)
    for rows, units_BD in unit_blocks(embeddings_ND, product_rows):
        apart_B = _squares((units_BD - means_KD[labels_N[rows]]) @ white_DD)
        scatter_K += np.bincount(labels_N[rows], weights_N[rows] * apart_B, num_classes)
    width = max(float(scatter_K.sum()) / total, SMALLEST)
    white_KD = (means_KD - middle_D.astype(np.float32)) @ white_DD
    lent_K = lent_spreads(white_KD, weights_K, scatter_K)
    return Gaussians(middle_D.astype(np.float32), white_DD, white_KD, weights_K, scatter_K, lent_K, width)


def left_out_scores(fit: Gaussians, units_BD: F32, labels_B: Int, weights_B: F32) -> F32:
    """f32[B, K]: log-densities of B items, each without its own part in the fit, given by its weight there.
    ``units_BD``: their embeddings, of length 1.

    Without the item its class' mean is further away, the spread loses a rank (Sherman, Morrison 1950), and the scatter
    loses its share.
    """
    own = np.arange(len(labels_B)), labels_B
    white_BD = (units_BD - fit.middle_D) @ fit.white_DD
    apart_BD = white_BD - fit.means_KD[labels_B]
    apart_B = _squares(apart_BD)
    others_B = fit.weights_K[labels_B] - weights_B
    away_B = np.where(others_B > LOST / 2, fit.weights_K[labels_B] / np.maximum(others_B, LOST / 2), 1)
    distances_BK = _squared_distances(white_BD, fit.means_KD)
    distances_BK[own] = apart_B * away_B**2
    toward_BK = np.einsum("bd,bd->b", white_BD, apart_BD)[:, None] - apart_BD @ fit.means_KD.T
    toward_BK[own] = apart_B * away_B
    share_B = (1 - SHRINKAGE) / max(float(fit.weights_K.sum()), LOST) * away_B * weights_B
    distances_BK += toward_BK**2 * (share_B / np.maximum(1 - share_B * apart_B, SMALLEST_REST))[:, None]
    left_B = np.maximum(fit.scatter_K[labels_B] - weights_B * away_B * apart_B, 0)
    own_size_B = squared_spreads(left_B, others_B, fit.lent_K[labels_B], fit.width)
    sizes_BK = np.tile(squared_spreads(fit.scatter_K, fit.weights_K, fit.lent_K, fit.width), (len(labels_B), 1))
    sizes_BK[own] = own_size_B
    return (-(distances_BK / sizes_BK + fit.width * np.log(sizes_BK)) / 2).astype(np.float32)


def squared_spreads(scatter: F64, weights: F64, lent: F64, width: float) -> F64:
    """Squared spreads of classes, 1 = that of all items: COMMON, and the class' own plus what it borrows. ``scatter``,
    ``weights``, ``lent``, and ``width`` are those of Gaussians, of the same number of classes."""
    own: F64 = (scatter + BORROWED * lent) / (weights + BORROWED) / width
    return COMMON + (1 - COMMON) * own


def lent_spreads(means_KD: F32, weights_K: F64, scatter_K: F64) -> F64:
    """f64[K]: the mean squared distance within the other classes, weighting closer ones more. ``means_KD``: the
    classes' means in the space where the within-class spread is round; ``weights_K`` and ``scatter_K`` as in
    Gaussians."""
    apart_KK = np.where(weights_K > 0, _squared_distances(means_KD, means_KD), np.inf)
    np.fill_diagonal(apart_KK, np.inf)
    nearest_K = np.clip(apart_KK.min(axis=1, keepdims=True), SMALLEST, np.finfo(np.float32).max)
    likeness_KK = np.exp(-LIKENESS * (apart_KK / nearest_K - 1))
    likeness_KK[likeness_KK.sum(axis=1) == 0] = 1
    lent_K: F64 = likeness_KK @ scatter_K / np.maximum(likeness_KK @ weights_K, LOST)
    return lent_K


def _squares(rows_ND: Floats) -> F32:
    squares_N: F32 = np.einsum("nd,nd->n", rows_ND, rows_ND)
    return squares_N


def _squared_distances(left_ND: Floats, right_KD: F32) -> F32:
    distances_NK = _squares(left_ND)[:, None] - 2 * (left_ND @ right_KD.T) + _squares(right_KD)
    return np.maximum(distances_NK, 0).astype(np.float32, copy=False)


DETECTOR = Detector(
    "class_gaussians",
    "robust Gaussians; small classes borrow the spread of large ones like them",
    ("embeddings",),
    lambda given: detect(given.embeddings(), given.labels_N, given.num_classes),
)

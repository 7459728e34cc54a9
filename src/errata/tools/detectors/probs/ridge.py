"""Ridge regression on frozen embeddings, each item left out of its own prediction (Hoerl, Kennard 1970).

The residual of the full fit divided by 1 - leverage is that of the fit without the item (Allen 1974, PRESS). One matrix
serves all targets: labels cost a hundredth of a logistic regression in five folds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.arrays.checks import labeled, vectors
from errata.tools.detectors.arrays.unit_blocks import PRODUCT_ROWS, unit_blocks
from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.probs.temperature import probabilities_from
from errata.types import F32, Bool, Int, Scores

PENALTY = 1e-3
"""Ridge per training item, for embeddings of length 1."""
SMALLEST_REST = 1e-3
"""Minimum share of a prediction that comes from the other items: one of two items would divide by 0."""


def detect(embeddings_ND: ArrayLike, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: quality and flags by confident learning on the leave-one-out probabilities.

    Raises DataError for invalid arrays.
    """
    labels = labeled(labels_N, num_classes)
    scores_NK = leave_one_out(vectors(embeddings_ND, len(labels)), labels, num_classes)
    return confident_learning.detect(labels, probabilities_from(scores_NK, labels))


def leave_one_out(embeddings_ND: F32, labels_N: Int, num_classes: int) -> F32:
    """f32[N, K]: how much each item looks like a class rather than the rest: near 1 for yes, near 0 for no.

    Labels are 0..K-1, or -1 for an item that is scored but not learned from.
    """
    return Ridge(embeddings_ND, labels_N >= 0).leave_one_out(labels_N[:, None] == np.arange(num_classes))


class Ridge:
    """The part of the regression that depends only on the embeddings f32[N, D]: new targets cost two products.

    ``learned_N``: False for an item that is scored but not learned from. ``product_rows``: items per product.
    """

    def __init__(self, embeddings_ND: F32, learned_N: Bool | None = None, *, product_rows: int = PRODUCT_ROWS) -> None:
        count, width = embeddings_ND.shape
        self._embeddings_ND, self._product_rows = embeddings_ND, product_rows
        self._learned_N = np.ones(count, np.bool_) if learned_N is None else learned_N
        self._members = max(int(self._learned_N.sum()), 1)
        sum_D, gram_DD = np.zeros(width), self._members * PENALTY * np.eye(width)
        for rows, units_BD in unit_blocks(embeddings_ND, product_rows):
            sum_D += units_BD[self._learned_N[rows]].sum(axis=0)
        self._middle_D = (sum_D / self._members).astype(np.float32)
        for rows, centered_BD in self._centered():
            learned_BD = centered_BD[self._learned_N[rows]]
            gram_DD += learned_BD.T @ learned_BD
        self._inverse_DD = np.linalg.inv(gram_DD)
        inverse_DD = self._inverse_DD.astype(np.float32)
        self._leverage_N = np.empty(count, np.float32)
        for rows, centered_BD in self._centered():
            pull_B = np.einsum("bd,bd->b", centered_BD @ inverse_DD, centered_BD)
            self._leverage_N[rows] = (pull_B + 1 / self._members) * self._learned_N[rows]

    def leave_one_out(self, targets_NK: F32 | Bool) -> F32:
        """f32[N, K]: near an item's target if the targets of the other items predict it.

        Targets are distributions over labels, or marks; those of items that are not learned from do not count.
        """
        weights_DK, shares_K = self._fit(targets_NK)
        scores_NK = np.empty(targets_NK.shape, np.float32)
        for rows, centered_BD in self._centered():
            own_B1 = self._leverage_N[rows, None]
            scores_BK = centered_BD @ weights_DK + shares_K
            scores_BK -= own_B1 * targets_NK[rows]
            scores_NK[rows] = scores_BK / np.maximum(1 - own_B1, SMALLEST_REST)
        return scores_NK

    def _fit(self, targets_NK: F32 | Bool) -> tuple[F32, F32]:
        """Weights f32[D, K], and the targets' mean f32[K]."""
        classes = targets_NK.shape[1]
        moments_DK, sums_K = np.zeros((len(self._middle_D), classes)), np.zeros(classes)
        for rows, centered_BD in self._centered():
            learned_B = self._learned_N[rows]
            targets_BK = targets_NK[rows][learned_B].astype(np.float32, copy=False)
            moments_DK += centered_BD[learned_B].T @ targets_BK
            sums_K += targets_BK.sum(axis=0)
        return (self._inverse_DD @ moments_DK).astype(np.float32), (sums_K / self._members).astype(np.float32)

    def _centered(self) -> Iterator[tuple[slice, F32]]:
        for rows, units_BD in unit_blocks(self._embeddings_ND, self._product_rows):
            yield rows, units_BD - self._middle_D


DETECTOR = Detector(
    "ridge",
    "a line between each class and the rest, drawn without the item",
    ("embeddings",),
    lambda given: detect(given.embeddings(), given.labels_N, given.num_classes),
)

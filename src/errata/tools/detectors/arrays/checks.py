"""Checks that every detector makes on its arrays first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.errors import DataError
from errata.tools.detectors.arrays.blocks import each_block
from errata.types import F32, Bool, Int, LabelProbs

SUM_TOLERANCE = 1e-3


def labeled(labels_N: ArrayLike, num_classes: int) -> Int:
    """The labels as i64[N]. Raises DataError unless each is in 0..K-1; the caller drops unlabeled items."""
    labels = np.asarray(labels_N)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(f"Labels must be one integer per item, got shape {labels.shape} of {labels.dtype}.")
    if len(labels) and not (labels.min() >= 0 and labels.max() < num_classes):
        raise DataError(
            f"Labels must lie in 0..{num_classes - 1}, got {labels.min()} to {labels.max()}. Leave unlabeled items out."
        )
    return labels.astype(np.int64, copy=False)


def multilabeled(labels_NK: ArrayLike, shape: tuple[int, ...]) -> Bool:
    """Which classes each item was given, as bool[N, K]. Raises DataError unless they are 0 or 1 and of this shape."""
    labels = np.asarray(labels_NK)
    if labels.shape != shape or not (labels.dtype == np.bool_ or np.isin(labels, (0, 1)).all()):
        raise DataError(f"Labels must be 0 or 1 for each item and class, shape {shape}, got shape {labels.shape}.")
    return labels.astype(np.bool_, copy=False)


def probabilities(probs_NK: ArrayLike, rows: int, *, exclusive: bool = True) -> NDArray[np.floating[Any]]:
    """The probabilities as float32 or float64. Raises DataError unless [N, K], finite, in [0, 1] and, for classes that
    exclude each other, rows summing to 1 within SUM_TOLERANCE."""
    probs = floats(probs_NK, rows)
    check = RowCheck(probs, exclusive=exclusive)
    each_block(check.look, *probs.shape)
    check.finish()
    return probs


def floats(probs_NK: ArrayLike, rows: int) -> NDArray[np.floating[Any]]:
    """The probabilities as float32 or float64. Raises DataError unless [N, K]."""
    probs = np.asarray(probs_NK)
    if probs.dtype not in (np.float32, np.float64):
        probs = probs.astype(np.float32)
    if probs.ndim != 2 or probs.shape[0] != rows or probs.shape[1] == 0:
        raise DataError(f"Probabilities must have shape ({rows}, classes), got {probs.shape}.")
    return probs


class RowCheck:
    """Whether each row is a distribution: checked while the rows are read anyway, and reported at the end."""

    def __init__(self, probs_NK: LabelProbs, *, exclusive: bool = True):
        self.probs_NK, self.exclusive = probs_NK, exclusive
        self.bad_N = np.zeros(len(probs_NK), np.bool_)

    def look(self, rows: slice) -> None:
        probs_nK = self.probs_NK[rows]
        # NaN fails every comparison.
        if self.exclusive:
            fit_n = np.abs(np.einsum("nk->n", probs_nK) - 1) <= SUM_TOLERANCE
        else:
            fit_n = probs_nK.max(axis=1) <= 1
        # One minimum over a whole block takes half the time of one per row.
        if not probs_nK.min() >= 0:
            fit_n &= probs_nK.min(axis=1) >= 0
        self.bad_N[rows] = ~fit_n

    def finish(self) -> None:
        """Raises DataError if a row was invalid."""
        if self.bad_N.any():
            row = int(self.bad_N.argmax())
            raise DataError(
                f"Row {row} is no probability distribution ({int(self.bad_N.sum())} such rows): "
                f"{self.probs_NK[row][:8].tolist()}. "
                f"Each row must hold values in [0, 1]{' that sum to 1' if self.exclusive else ''}."
            )


def vectors(embeddings_ND: ArrayLike, rows: int) -> F32:
    """The embeddings as f32[N, D]. Raises DataError unless the shape fits and every value is finite."""
    embeddings = np.asarray(embeddings_ND, np.float32)
    if embeddings.ndim != 2 or embeddings.shape[0] != rows:
        raise DataError(f"Embeddings must have shape ({rows}, width), got {embeddings.shape}.")
    bad_N = ~np.isfinite(embeddings).all(axis=1)
    if bad_N.any():
        raise DataError(f"Row {int(np.flatnonzero(bad_N)[0])} of the embeddings holds NaN or infinity.")
    return embeddings

"""What every detector asks of its arrays before it begins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.errors import DataError
from errata.types import F32, Int

SUM_TOLERANCE = 1e-3


def labeled(labels_N: ArrayLike, num_classes: int) -> Int:
    """The labels as i64[N]. Raises DataError unless each is in 0..K-1: unlabeled items are the caller's to drop."""
    labels = np.asarray(labels_N)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(f"Labels must be one integer per item, got shape {labels.shape} of {labels.dtype}.")
    if len(labels) and not (labels.min() >= 0 and labels.max() < num_classes):
        raise DataError(
            f"Labels must lie in 0..{num_classes - 1}, got {labels.min()} to {labels.max()}. Leave unlabeled items out."
        )
    return labels.astype(np.int64, copy=False)


def probabilities(probs_NK: ArrayLike, rows: int) -> NDArray[np.floating[Any]]:
    """The probabilities as float32 or float64. Raises DataError unless [N, K], finite, in [0, 1], rows summing to 1."""
    probs = np.asarray(probs_NK)
    if probs.dtype not in (np.float32, np.float64):
        probs = probs.astype(np.float32)
    if probs.ndim != 2 or probs.shape[0] != rows or probs.shape[1] == 0:
        raise DataError(f"Probabilities must have shape ({rows}, classes), got {probs.shape}.")
    # NaN fails every comparison, so one test covers it together with the range.
    bad_N = ~((probs >= 0) & (probs <= 1)).all(axis=1)
    bad_N |= ~(np.abs(probs.sum(axis=1, dtype=np.float64) - 1) <= SUM_TOLERANCE)
    if bad_N.any():
        row = int(np.flatnonzero(bad_N)[0])
        raise DataError(
            f"Row {row} is no probability distribution ({int(bad_N.sum())} such rows): {probs[row][:8].tolist()}. "
            "Each row must hold values in [0, 1] that sum to 1."
        )
    return probs


def vectors(embeddings_ND: ArrayLike, rows: int) -> F32:
    """The embeddings as f32[N, D]. Raises DataError unless the shape fits and every value is finite."""
    embeddings = np.asarray(embeddings_ND, np.float32)
    if embeddings.ndim != 2 or embeddings.shape[0] != rows:
        raise DataError(f"Embeddings must have shape ({rows}, width), got {embeddings.shape}.")
    bad_N = ~np.isfinite(embeddings).all(axis=1)
    if bad_N.any():
        raise DataError(f"Row {int(np.flatnonzero(bad_N)[0])} of the embeddings holds NaN or infinity.")
    return embeddings

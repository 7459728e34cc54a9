"""Combine several views of the same labels: a log-linear pool (Genest, Zidek 1986) with weights learned by stacking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from errata.tools.detectors.arrays.held_rows import MadeRows
from errata.tools.detectors.arrays.softmax import softmax
from errata.types import F32, F64, Int, LabelProbs

ROWS = 4096
"""Enough items to fit a few weights; more would not change them."""
LARGEST_WEIGHT = 3.0
FLOOR = 1e-6


def pool(views: Sequence[F32], labels_N: Int, weights_N: F32 | None = None) -> F32:
    """f32[N, K], rows sum to 1: the product of the views f32[N, K], each raised to the power that makes the given
    labels likeliest (Wolpert 1992). No view may have seen the label of the item that it predicts.

    An uninformative view gets the power 0, and identical views share one. ``weights_N``: how much each item counts.
    """
    return pool_rows(views, labels_N, weights_N)[:]


def pool_rows(views: Sequence[LabelProbs], labels_N: Int, weights_N: F32 | None = None) -> MadeRows:
    """The same, by rows."""
    weights_V = powers(views, labels_N, weights_N).astype(np.float32)

    def pooled(rows: slice | Int) -> F32:
        total_nK = weights_V[0] * _log(views[0][rows])
        for weight, view in zip(weights_V[1:], views[1:], strict=True):
            total_nK += weight * _log(view[rows])
        return softmax(total_nK)

    return MadeRows(views[0].shape, pooled)


def powers(views: Sequence[LabelProbs], labels_N: Int, weights_N: F32 | None = None) -> F64:
    """f64[V] in [0, LARGEST_WEIGHT]: the power of each view."""
    every = slice(None, None, max(1, len(labels_N) // ROWS))
    sample_VnK = np.stack([_log(view[every]) for view in views]).astype(np.float64)
    return _likeliest(sample_VnK, labels_N[every], None if weights_N is None else weights_N[every])


def _log(probs_NK: F32) -> F32:
    logs_NK: F32 = np.log(np.maximum(probs_NK, np.float32(FLOOR)))
    return logs_NK


def _likeliest(logs_VnK: F64, labels_n: Int, weights_n: F32 | None) -> F64:
    """f64[V] in [0, LARGEST_WEIGHT]: a convex problem, so it has a single optimum."""
    from scipy.optimize import minimize

    rows_n = np.arange(len(labels_n))
    given_Vn = logs_VnK[:, rows_n, labels_n]

    def loss(weights_V: F64) -> tuple[float, F64]:
        logits_nK = np.tensordot(weights_V, logs_VnK, 1)
        top_n = logits_nK.max(axis=1)
        probs_nK = np.exp(logits_nK - top_n[:, None])
        total_n = probs_nK.sum(axis=1)
        probs_nK /= total_n[:, None]
        expected_Vn = np.einsum("nk,vnk->vn", probs_nK, logs_VnK)
        value = np.average(top_n + np.log(total_n) - logits_nK[rows_n, labels_n], weights=weights_n)
        return float(value), np.average(expected_Vn - given_Vn, axis=1, weights=weights_n)

    start_V = np.full(len(logs_VnK), 1 / len(logs_VnK))
    found = minimize(loss, start_V, jac=True, bounds=[(0, LARGEST_WEIGHT)] * len(start_V), method="L-BFGS-B")
    return np.asarray(found.x)

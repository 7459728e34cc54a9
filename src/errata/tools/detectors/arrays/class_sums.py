"""Sums over the items of each class."""

from __future__ import annotations

import numpy as np

from errata.types import F32, F64, Int


def class_sums(rows_ND: F32, labels_N: Int, num_classes: int, weights_N: F64 | F32 | None = None) -> F64:
    """f64[K, D]: the sum of the (weighted) rows given each class; zeros for a class without items."""
    from scipy.sparse import csr_matrix

    if weights_N is None:
        weights_N = np.ones(len(labels_N), rows_ND.dtype)
    shape = (num_classes, len(labels_N))
    members_KN = csr_matrix((weights_N.astype(rows_ND.dtype), (labels_N, np.arange(len(labels_N)))), shape)
    return np.asarray(members_KN @ rows_ND, np.float64)

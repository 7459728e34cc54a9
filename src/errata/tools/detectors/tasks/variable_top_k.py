"""Variable top-k accuracy: as many predictions are scored as the item has valid labels.

Anzaku et al. 2024, "Re-assessing ImageNet: How aligned is its single-label assumption with its multi-label nature?"
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.tasks.multi_label import marked


class VariableTopK(NamedTuple):
    """``accuracy`` in [0, 1] over all items with a valid label, NaN without any; ``by_count``: number of valid labels
    -> (items, their accuracy)."""

    accuracy: float
    by_count: Mapping[int, tuple[int, float]]


def variable_top_k(scores_NK: ArrayLike, valid_NK: ArrayLike) -> VariableTopK:
    """The share of the k most probable labels that are valid, where k is the item's own number of valid labels.

    Any scores that increase with probability work. Items without a valid label are skipped. Raises DataError for
    invalid arrays.
    """
    scores, valid = np.asarray(scores_NK), marked(valid_NK)
    if scores.shape != valid.shape or np.isnan(scores).any():
        raise DataError(f"Scores must have shape {valid.shape} and no NaN, got {scores.shape} of {scores.dtype}.")
    counts_N = valid.sum(axis=1)
    by_count = {}
    for k in np.unique(counts_N[counts_N > 0]):
        rows = np.flatnonzero(counts_N == k)
        top_nk = np.argpartition(-scores[rows], k - 1, axis=1)[:, :k]
        by_count[int(k)] = len(rows), float(np.take_along_axis(valid[rows], top_nk, axis=1).mean())
    items = sum(count for count, _ in by_count.values())
    right = sum(count * accuracy for count, accuracy in by_count.values())
    return VariableTopK(right / items if items else float("nan"), by_count)

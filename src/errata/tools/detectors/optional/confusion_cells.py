"""Pairs of (given, likely true) label as units of review: errors of the same kind are reviewed together.

After Li, Zhang, Wu et al. 2021, "Learning from Weakly-labeled Web Videos via Exploring Sub-Concepts": there each pair
of a given and a predicted label becomes a class of its own (sub-pseudo labels, SPL).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.types import Int


class ConfusionCell(NamedTuple):
    """The flagged items ``items_n`` that were given one label and likely have the other."""

    given: int
    likely: int
    items_n: Int


def confusion_cells(labels_N: ArrayLike, flag_N: ArrayLike, suggested_N: ArrayLike) -> list[ConfusionCell]:
    """The cells with flagged items, fullest first (then in the order of the labels); their items in order.

    An item whose suggested label is the given one is in no cell: nothing supports a pair. Raises DataError unless the
    arrays have the same length.
    """
    labels, flag, suggested = np.asarray(labels_N), np.asarray(flag_N, np.bool_), np.asarray(suggested_N)
    if not labels.shape == flag.shape == suggested.shape or labels.ndim != 1:
        raise DataError(
            f"Labels, flags and suggestions must be one per item, got {labels.shape}, {flag.shape}, {suggested.shape}."
        )
    items = np.flatnonzero(flag & (labels != suggested))
    pairs, cell_n = np.unique(np.stack([labels[items], suggested[items]]), axis=1, return_inverse=True)
    sizes = np.bincount(cell_n, minlength=pairs.shape[1])
    members = np.split(items[np.argsort(cell_n, kind="stable")], sizes.cumsum()[:-1])
    return [ConfusionCell(int(pairs[0, c]), int(pairs[1, c]), members[c]) for c in np.argsort(-sizes, kind="stable")]

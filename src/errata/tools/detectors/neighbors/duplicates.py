"""Items that occur more than once, with different labels or on both sides of a split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import labeled
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors.copies import ALONE
from errata.types import Bool, Int, Scores


def detect(groups_N: ArrayLike, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items from the groups of ``copies.find_groups``: ``quality`` is the label's share in its group.

    1 if the group agrees or the item has no copies. ``flag``: the group disagrees and the item does not have the label
    of more than half of the group. Raises DataError for invalid arrays.
    """
    labels = labeled(labels_N, num_classes)
    groups = _checked(groups_N, len(labels))
    share_N = np.ones(len(labels), np.float32)
    grouped = np.flatnonzero(groups != ALONE)
    sizes = np.bincount(groups[grouped])
    pairs, pair_of = np.unique(groups[grouped] * num_classes + labels[grouped], return_inverse=True)
    share_N[grouped] = (np.bincount(pair_of, minlength=len(pairs)) / sizes[pairs // num_classes])[pair_of]
    return Scores(share_N, share_N <= 0.5)


def find_leaks(groups_N: ArrayLike, splits: Sequence[str]) -> Bool:
    """bool[N]: the item has a duplicate in another split, so that a model is tested on its training data."""
    groups = _checked(groups_N, len(splits))
    leak_N = np.zeros(len(groups), np.bool_)
    grouped = np.flatnonzero(groups != ALONE)
    names = np.unique(np.asarray(splits, np.str_), return_inverse=True)[1]
    pairs = np.unique(np.stack([groups[grouped], names[grouped]]), axis=1)
    leak_N[grouped] = (np.bincount(pairs[0], minlength=1) > 1)[groups[grouped]]
    return leak_N


def _checked(groups_N: ArrayLike, rows: int) -> Int:
    groups = np.asarray(groups_N)
    if groups.shape != (rows,) or groups.dtype.kind not in "iu":
        raise DataError(f"Groups must be one integer for each of {rows} items, got {groups.shape} of {groups.dtype}.")
    return groups.astype(np.int64, copy=False)


DETECTOR = Detector(
    "duplicates",
    "the same content should not have two labels",
    ("content",),
    lambda given: detect(given.copies(), given.labels_N, given.num_classes),
    default=True,
    in_blocks=True,
)

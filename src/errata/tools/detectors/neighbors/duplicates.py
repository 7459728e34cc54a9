"""Items that are there more than once: with different labels, or on both sides of a split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import labeled
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors.neighbors import Neighbors
from errata.types import F32, Bool, Int, Scores

NEAR = 0.13
"""Two items are near duplicates below this share of the usual distance to a nearest neighbor (cleanlab's figure)."""
SAME = 1e-6
"""Cosine distance that rounding alone makes."""
ALONE = -1


def detect(groups_N: ArrayLike, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items from the groups of ``find_groups``: ``quality`` is the label's share in its group.

    1 where the group agrees, or the item is alone. ``flag``: the group disagrees and the item is not of the label that
    more than half of it have. Raises DataError for unfit arrays.
    """
    labels = labeled(labels_N, num_classes)
    groups = _checked(groups_N, len(labels))
    share_N = np.ones(len(labels), np.float32)
    grouped = np.flatnonzero(groups != ALONE)
    sizes = np.bincount(groups[grouped])
    pairs, pair_of = np.unique(groups[grouped] * num_classes + labels[grouped], return_inverse=True)
    share_N[grouped] = (np.bincount(pair_of, minlength=len(pairs)) / sizes[pairs // num_classes])[pair_of]
    return Scores(share_N, share_N <= 0.5)


def find_groups(content_shas: Sequence[str], near: Neighbors | None = None) -> Int:
    """i64[N]: the group of each item that has a duplicate, 0, 1, ... by first appearance; ALONE for the others.

    Duplicates have equal content, or, where neighbors are given, embeddings far nearer to each other than items of this
    dataset usually are: no one cosine would suit both news and handwriting. A group is all that hangs together.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(content_shas)
    _, first_of, same_N = np.unique(np.asarray(content_shas, np.str_), return_index=True, return_inverse=True)
    left, right = np.arange(count), first_of[same_N]
    if near is not None:
        if len(near.indices_Nk) != count:
            raise DataError(f"Neighbors must be those of the {count} items, got {len(near.indices_Nk)} rows.")
        item, column = np.nonzero(_near(near))
        left, right = np.concatenate([left, item]), np.concatenate([right, near.indices_Nk[item, column]])
    links = coo_matrix((np.ones(len(left), np.int8), (left, right)), (count, count))
    parts_N = connected_components(links, directed=False)[1].astype(np.int64)
    sizes = np.bincount(parts_N, minlength=1)
    shared_N = sizes[parts_N] > 1
    groups_N = np.full(count, ALONE, np.int64)
    # scipy numbers parts by their first item, so the rank among shared parts does too.
    groups_N[shared_N] = np.unique(parts_N[shared_N], return_inverse=True)[1]
    return groups_N


def find_leaks(groups_N: ArrayLike, splits: Sequence[str]) -> Bool:
    """bool[N]: the item has a duplicate in another split, so that a model is tested on what it was trained on."""
    groups = _checked(groups_N, len(splits))
    leak_N = np.zeros(len(groups), np.bool_)
    grouped = np.flatnonzero(groups != ALONE)
    names = np.unique(np.asarray(splits, np.str_), return_inverse=True)[1]
    pairs = np.unique(np.stack([groups[grouped], names[grouped]]), axis=1)
    leak_N[grouped] = (np.bincount(pairs[0], minlength=1) > 1)[groups[grouped]]
    return leak_N


def _near(near: Neighbors) -> Bool:
    distance_Nk: F32 = 1 - near.similarities_Nk
    if not distance_Nk.size:
        return np.zeros(distance_Nk.shape, np.bool_)
    nearest_N = distance_Nk[:, 0]
    different_N = nearest_N > SAME
    usual = float(np.median(nearest_N[different_N])) if different_N.any() else 0.0
    return distance_Nk <= max(NEAR * usual, SAME)


def _checked(groups_N: ArrayLike, rows: int) -> Int:
    groups = np.asarray(groups_N)
    if groups.shape != (rows,) or groups.dtype.kind not in "iu":
        raise DataError(f"Groups must be one integer for each of {rows} items, got {groups.shape} of {groups.dtype}.")
    return groups.astype(np.int64, copy=False)


DETECTOR = Detector(
    "duplicates",
    "the same content should not have two labels",
    ("content",),
    lambda given: detect(find_groups(given.contents(), given.found_near), given.labels_N, given.num_classes),
    default=True,
)

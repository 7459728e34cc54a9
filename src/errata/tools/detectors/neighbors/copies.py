"""Items that occur more than once, exactly or nearly: which they are, and how they count as one.

Anyone who wants a label to stand can insert the item several more times under it. So copies together count as one item
does: as neighbors, in what models learn, and among each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from errata.errors import DataError
from errata.tools.detectors.neighbors.neighbors import Neighbors
from errata.types import F32, Bool, Int

Alike = Callable[[Int, Int], Bool]
"""bool[P]: which pairs of items, given by their rows, are copies by content."""

ALONE = -1
NEAR = 0.13
"""Two items are near copies if closer than this share of the usual distance to a nearest neighbor (cleanlab's
value)."""
SAME = 1e-6
"""Cosine distance that can result from rounding alone."""


def find_groups(
    content_shas: Sequence[str], near: Neighbors | None = None, alike: Alike | None = None, from_cosine: float = -1.0
) -> Int:
    """i64[N]: the group of each item that has a copy, 0, 1, ... by first appearance; ALONE for the others.

    Copies have equal content. If neighbors are given, near copies count too: neighbors at or above a cosine whose
    content is ``alike`` or, without ``alike``, whose embeddings are far closer than items of this dataset usually are,
    since no single cosine suits both news and handwriting. A group is a connected component.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(content_shas)
    _, first_of, same_N = np.unique(np.asarray(content_shas, np.str_), return_index=True, return_inverse=True)
    left, right = np.arange(count), first_of[same_N]
    if near is not None:
        if len(near.indices_Nk) != count:
            raise DataError(f"Neighbors must be those of the {count} items, got {len(near.indices_Nk)} rows.")
        item, other = _near_copies(near, alike, from_cosine)
        left, right = np.concatenate([left, item]), np.concatenate([right, other])
    links = coo_matrix((np.ones(len(left), np.int8), (left, right)), (count, count))
    parts_N = connected_components(links, directed=False)[1].astype(np.int64)
    sizes = np.bincount(parts_N, minlength=1)
    shared_N = sizes[parts_N] > 1
    groups_N = np.full(count, ALONE, np.int64)
    # scipy numbers components by their first item, so the rank among shared components does too.
    groups_N[shared_N] = np.unique(parts_N[shared_N], return_inverse=True)[1]
    return groups_N


def labels_by_group(groups_N: Int | None, given_N: Int) -> dict[int, set[int]]:
    """The labels in the group of each item that has copies, by the item's index."""
    if groups_N is None:
        return {}
    copied = np.flatnonzero((groups_N != ALONE) & (given_N >= 0)).tolist()
    labels: dict[int, set[int]] = {}
    for idx in copied:
        labels.setdefault(int(groups_N[idx]), set()).add(int(given_N[idx]))
    return {idx: labels[int(groups_N[idx])] for idx in copied}


def numbered(groups_N: Int) -> Int:
    """i64[N]: the groups, with a separate number for each item without copies."""
    ids_N = groups_N.copy()
    alone = np.flatnonzero(groups_N == ALONE)
    ids_N[alone] = groups_N.max(initial=ALONE) + 1 + np.arange(len(alone))
    return ids_N


def shares(groups_N: Int | None) -> F32 | None:
    """f32[N]: item weights such that each group weighs as much as one item; None if nothing has a copy."""
    if groups_N is None or (groups_N == ALONE).all():
        return None
    ids_N = numbered(groups_N)
    return (1 / np.bincount(ids_N)[ids_N]).astype(np.float32)


def counted_once(near: Neighbors, groups_N: Int) -> Neighbors:
    """The neighbors, except that copies among those of one item share one weight: the similarity of each is divided by
    the number of its group in the same list. An item's own copies get 0: if all its neighbors were copies, nothing else
    could contradict them."""
    near_Nk = groups_N[near.indices_Nk]
    own_Nk = (near_Nk == groups_N[:, None]) & (near_Nk != ALONE)
    rows = np.flatnonzero(own_Nk.any(axis=1) | ((near_Nk != ALONE).sum(axis=1) > 1))
    if not len(rows):
        return near
    near_Rk = near_Nk[rows]
    together_Rk = (near_Rk[:, :, None] == near_Rk[:, None, :]).sum(axis=2)
    together_Rk[near_Rk == ALONE] = 1
    similarities_Nk = near.similarities_Nk.copy()
    similarities_Nk[rows] /= together_Rk.astype(np.float32)
    similarities_Nk[own_Nk] = 0
    return Neighbors(near.indices_Nk, similarities_Nk)


def _near_copies(near: Neighbors, alike: Alike | None, from_cosine: float) -> tuple[Int, Int]:
    """Pairs of items, by their rows."""
    item, column = np.nonzero(_very_near(near) if alike is None else near.similarities_Nk >= from_cosine)
    other = near.indices_Nk[item, column]
    if alike is None:
        return item, other
    pairs = np.unique(np.minimum(item, other) * len(near.indices_Nk) + np.maximum(item, other))
    item, other = np.divmod(pairs, max(len(near.indices_Nk), 1))
    copies = alike(item, other)
    return item[copies], other[copies]


def _very_near(near: Neighbors) -> Bool:
    distance_Nk: F32 = 1 - near.similarities_Nk
    if not distance_Nk.size:
        return np.zeros(distance_Nk.shape, np.bool_)
    nearest_N = distance_Nk[:, 0]
    different_N = nearest_N > SAME
    usual = float(np.median(nearest_N[different_N])) if different_N.any() else 0.0
    return distance_Nk <= max(NEAR * usual, SAME)

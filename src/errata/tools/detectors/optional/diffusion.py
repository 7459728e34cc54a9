"""Which items one item belongs with, and their labels: answered for a single item, from its surroundings.

Approximate personalized PageRank by pushing (Andersen, Chung, Lang 2006) on a graph whose edges count less if the two
ends were given different labels (De Luca, Fountoulakis, Yang 2024, "Local Graph Clustering with Noisy Labels"). Their
division by degree is unnecessary: every item has the same number of neighbors. A walk is followed only where it carries
mass, so the cost does not depend on the number of items.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from errata.errors import DataError
from errata.tools.detectors.neighbors.neighbors import Neighbors
from errata.types import F32, F64, Int

TELEPORT = 0.15
"""Probability that the walk ends at each step."""
DISAGREEMENT = 0.05
"""Weight of an edge whose ends were given different labels; 1 if they agree."""
SMALLEST = 1e-4
"""Mass below which a walk is not followed. A tenth of it takes eight times as long and changes no share by more than
.03."""


class Membership(NamedTuple):
    """Where walks from an item end: other items i64[M], heaviest first, and their masses f32[M], summing to 1.

    ``shares_K`` f32[K]: the mass on items given each label. Both are empty or 0 if the item has no neighbor.
    """

    indices_M: Int
    masses_M: F32
    shares_K: F32


def membership(
    near: Neighbors,
    labels_N: Int,
    item: int,
    num_classes: int,
    *,
    disagreement: float = DISAGREEMENT,
    smallest: float = SMALLEST,
) -> Membership:
    """The items that carry an item's membership, and the share of it that each label has, without its own label.

    Compare ``shares_K[given]`` with ``shares_K[challenger]``. ``disagreement`` weighs an edge whose ends were given
    different labels; mass below ``smallest`` is not followed. Raises DataError if there is no such item.
    """
    if not 0 <= item < len(near.indices_Nk):
        raise DataError(f"There is no item {item} among {len(near.indices_Nk)}.")
    indices_M, masses_M = _walked(near, labels_N, item, disagreement, smallest)
    others = indices_M != item
    indices_M, masses_M = indices_M[others], masses_M[others]
    masses_M /= max(masses_M.sum(), np.finfo(np.float64).tiny)
    order_M = np.argsort(-masses_M, kind="stable")
    shares_K = np.bincount(labels_N[indices_M], masses_M, num_classes)
    return Membership(indices_M[order_M], masses_M[order_M].astype(np.float32), shares_K.astype(np.float32))


def _walked(near: Neighbors, labels_N: Int, item: int, disagreement: float, smallest: float) -> tuple[Int, F64]:
    """Items in ascending order and the mass that ended on each."""
    at_m, mass_m = np.array([item]), np.ones(1)
    rested: list[tuple[Int, F64]] = []
    while len(active := np.flatnonzero(mass_m > smallest)) and near.indices_Nk.shape[1]:
        source_a, mass_a = at_m[active], mass_m[active]
        rested.append((source_a, TELEPORT * mass_a))
        weights_ak = _weights(near, labels_N, source_a, item, disagreement)
        onward_ak = ((1 - TELEPORT) * mass_a / weights_ak.sum(axis=1))[:, None] * weights_ak
        waiting = np.setdiff1d(np.arange(len(at_m)), active, assume_unique=True)
        at_m, mass_m = _gathered(
            np.concatenate([at_m[waiting], near.indices_Nk[source_a].ravel()]),
            np.concatenate([mass_m[waiting], onward_ak.ravel()]),
        )
    if not rested:
        return np.empty(0, np.int64), np.empty(0)
    return _gathered(*(np.concatenate(parts) for parts in zip(*rested, strict=True)))


def _weights(near: Neighbors, labels_N: Int, source_a: Int, item: int, disagreement: float) -> F64:
    """f64[a, k]: weights of the edges that leave each source. The item's own label is the question, not evidence."""
    target_ak = near.indices_Nk[source_a]
    alike_ak = labels_N[target_ak] == labels_N[source_a, None]
    return np.where(alike_ak | (target_ak == item) | (source_a[:, None] == item), 1, disagreement)


def _gathered(at_m: Int, mass_m: F64) -> tuple[Int, F64]:
    """Each place once, in ascending order, with its total mass."""
    places_m, which_m = np.unique(at_m, return_inverse=True)
    return places_m, np.bincount(which_m, mass_m, len(places_m)).astype(np.float64)

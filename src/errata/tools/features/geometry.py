"""Two figures about a dataset as a whole: label sharpness, and the intrinsic dimension of its features.

Konz and Mazurowski 2024, "The Effect of Intrinsic Dataset Properties on Generalization": the sharper labels change
between like items, the more a model needs to learn them. Label sharpness is their largest difference of labels over
distance, between classes 1 over the distance of the nearest two items under different labels. Here it is relative to
the distance of two items drawn at random, so that it has no unit, and copies are left out, since they are told by
themselves. The dimension is the estimate of Levina and Bickel 2005 from distances to neighbors, averaged as by MacKay
and Ghahramani.
"""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.neighbors.copies import ALONE
from errata.tools.detectors.neighbors.neighbors import Neighbors
from errata.types import F32, Bool, Int

SAMPLED = 1000
"""Items whose mean distance is that of two items drawn at random."""
FEWEST = 3
"""Neighbors from which a dimension can be estimated."""
SAME = 1e-3
"""Distances below it are rounding: the two have the same features."""


def label_sharpness(near: Neighbors, labels_N: Int, groups_N: Int, usual: float) -> float | None:
    """How many times nearer than two random items, which are ``usual`` apart, the nearest two under different labels
    are; about 1 or more, high = labels change sharply. Only pairs of neighbors count. None if no label differs there.
    """
    differ_Nk = _counts(near, groups_N) & (labels_N[near.indices_Nk] != labels_N[:, None])
    if not differ_Nk.any():
        return None
    return float(usual / _distances(near)[differ_Nk].min())


def intrinsic_dimension(near: Neighbors, groups_N: Int) -> float | None:
    """In how many directions the features vary around an item, from the distances to its neighbors. None if too few
    neighbors are no copies."""
    distances_Nk, counts_Nk = _distances(near), _counts(near, groups_N)
    rows = counts_Nk.sum(axis=1) >= FEWEST
    if not rows.any():
        return None
    kept_nk = np.where(counts_Nk[rows], distances_Nk[rows], np.nan)
    logs_nk = np.log(np.nanmax(kept_nk, axis=1, keepdims=True) / kept_nk)
    # The farthest neighbor is compared with the others; without bias for two fewer.
    inverse_n = np.nansum(logs_nk, axis=1) / np.maximum(counts_Nk[rows].sum(axis=1) - 2, 1)
    mean = float(inverse_n.mean())
    return 1 / mean if mean > 0 else None


def usual_distance(embeddings_ND: F32, rows: Int) -> float:
    """The mean distance of two of these rows, as unit vectors: in [0, 2]."""
    sample = np.sort(np.random.default_rng(0).choice(rows, min(len(rows), SAMPLED), replace=False))
    units_SD = np.asarray(embeddings_ND[sample], np.float64)
    units_SD /= np.maximum(np.linalg.norm(units_SD, axis=1, keepdims=True), 1e-12)
    distances_SS = np.sqrt(np.maximum(2 - 2 * units_SD @ units_SD.T, 0))
    return float(distances_SS[~np.eye(len(sample), dtype=np.bool_)].mean()) if len(sample) > 1 else 0.0


def _distances(near: Neighbors) -> F32:
    distances_Nk: F32 = np.sqrt(np.maximum(2 - 2 * near.similarities_Nk, 0)).astype(np.float32)
    return distances_Nk


def _counts(near: Neighbors, groups_N: Int) -> Bool:
    """bool[N, k]: the neighbors that are no copies of the item."""
    copies_Nk = (groups_N[near.indices_Nk] == groups_N[:, None]) & (groups_N[:, None] != ALONE)
    counts_Nk: Bool = ~copies_Nk & (_distances(near) > SAME)
    return counts_Nk

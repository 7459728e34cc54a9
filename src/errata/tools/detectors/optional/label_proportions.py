"""Labels with known totals: a posterior adjusted to match what is known of whole groups.

Havaldar et al. 2024, "Learning from Label Proportions: Bootstrapping Supervised Learners via Belief Propagation": the
totals of each group and the similarity of neighbors constrain the labels together. Here the totals are matched exactly,
by scaling rows and columns in turn (Sinkhorn, Knopp 1967), and neighbors by a mean field instead of belief propagation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import labeled, probabilities
from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.neighbors.neighbors import Neighbors
from errata.tools.detectors.neighbors.propagation import MEAN_FIELD_ROUNDS, SMALLEST, toward_neighbors
from errata.types import F32, F64, Int, Scores

SCALINGS = 200
CLOSE = 1e-4
"""How closely, per item, the totals must be matched."""
TOTAL_TOLERANCE = 1e-3


def detect(
    labels_N: ArrayLike,
    probs_NK: ArrayLike,
    groups_N: ArrayLike,
    totals_GK: ArrayLike,
    near: Neighbors | None = None,
) -> Scores:
    """Scores of labeled items: quality and flags by confident learning on the posterior that matches the totals.

    Raises DataError for invalid arrays.
    """
    return confident_learning.detect(labels_N, with_totals(probs_NK, groups_N, totals_GK, near))


def with_totals(probs_NK: ArrayLike, groups_N: ArrayLike, totals_GK: ArrayLike, near: Neighbors | None = None) -> F32:
    """f32[N, K], rows sum to 1: the distribution closest to the posterior (in KL) whose sums over a group are its
    totals.

    ``groups_N``: 0..G-1, the batch or source of each item. ``totals_GK``: how many items of a group truly have each
    label; a group's totals sum to its size. With ``near``, items lean toward their neighbors' labels. Raises DataError
    for invalid arrays or totals that do not add up.
    """
    probs = probabilities(probs_NK, len(np.asarray(groups_N)))
    totals = np.asarray(totals_GK, np.float64)
    groups = labeled(groups_N, len(totals))
    _check_totals(totals, np.bincount(groups, minlength=len(totals)), probs.shape[1])
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups, minlength=len(totals)))[:-1])
    start_NK = np.maximum(probs, SMALLEST).astype(np.float32)
    met_NK = _scaled(start_NK, members, totals)
    if near is not None:
        for _ in range(MEAN_FIELD_ROUNDS):
            met_NK = _scaled(toward_neighbors(near, start_NK, met_NK), members, totals)
    return met_NK


def _scaled(weights_NK: F32, members: list[Int], totals_GK: F64) -> F32:
    scaled_NK = np.empty_like(weights_NK)
    for rows_n, totals_K in zip(members, totals_GK, strict=True):
        if len(rows_n):
            scaled_NK[rows_n] = _sinkhorn(weights_NK[rows_n], totals_K)
    return scaled_NK


def _sinkhorn(weights_nK: F32, totals_K: F64) -> F32:
    """Rows sum to 1 exactly, columns to the totals within CLOSE per item."""
    for _ in range(SCALINGS):
        weights_nK /= weights_nK.sum(axis=1, keepdims=True)
        sums_K = weights_nK.sum(axis=0, dtype=np.float64)
        if np.abs(sums_K - totals_K).max() <= CLOSE * len(weights_nK):
            break
        weights_nK *= (totals_K / np.maximum(sums_K, np.finfo(np.float32).tiny)).astype(np.float32)
    weights_nK /= weights_nK.sum(axis=1, keepdims=True)
    return weights_nK


def _check_totals(totals_GK: F64, sizes_G: Int, classes: int) -> None:
    if totals_GK.ndim != 2 or totals_GK.shape[1] != classes or not (totals_GK >= 0).all():
        raise DataError(f"Totals must be counts of shape (groups, {classes}), got shape {totals_GK.shape}.")
    apart_G = np.abs(totals_GK.sum(axis=1) - sizes_G) > TOTAL_TOLERANCE * np.maximum(sizes_G, 1)
    if apart_G.any():
        group = int(np.flatnonzero(apart_G)[0])
        raise DataError(
            f"The totals of group {group} sum to {totals_GK[group].sum():g}, and it has {sizes_G[group]} items. "
            "Give how many of its items have each label."
        )

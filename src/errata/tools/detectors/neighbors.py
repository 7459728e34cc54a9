"""Neighbor consistency: does an item's label agree with the labels of the items most like it?

The vote is that of SimiFeat (Zhu, Dong, Liu 2022): neighbors by cosine, each weighted by its similarity.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError, SetupError
from errata.tools.detectors.checks import labeled, vectors
from errata.tools.features.embedder import unit_rows
from errata.types import F32, Int, Scores

BLOCK = 1 << 24
"""Similarities held at once: 64 MB."""


class Neighbors(NamedTuple):
    """The nearest other items of each item, nearest first: i64[N, k], and their cosine similarities f32[N, k]."""

    indices_Nk: Int
    similarities_Nk: F32


def detect(near: Neighbors, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: ``quality`` is the smoothed share of the neighbors' votes for the given label.

    ``label_probs`` f32[N, K]: all the votes, smoothed by one vote spread as the classes are. ``flag``: the neighbors'
    favourite is another label. With no neighbor (one item) the votes are the classes' shares. Raises DataError for
    unfit arrays.
    """
    labels = labeled(labels_N, num_classes)
    if len(near.indices_Nk) != len(labels):
        raise DataError(f"Neighbors must be those of the {len(labels)} labeled items, got {len(near.indices_Nk)} rows.")
    votes_NK = neighbor_votes(near, labels, num_classes)
    given_N = np.arange(len(labels)), labels
    return Scores(votes_NK[given_N], votes_NK.max(axis=1) > votes_NK[given_N], votes_NK)


def neighbors(embeddings_ND: ArrayLike, k: int = 10) -> Neighbors:
    """The min(k, N - 1) nearest other items of each, by cosine of the embeddings f32[N, D].

    Exact; an item is never its own neighbor, its exact duplicates are. Raises DataError for NaN or a wrong shape.
    """
    if k < 1:
        raise SetupError(f"A neighborhood has at least one neighbor, got k={k}.")
    units_ND = unit_rows(vectors(embeddings_ND, len(np.asarray(embeddings_ND))))
    count = len(units_ND)
    k = min(k, max(count - 1, 0))
    indices_Nk, similarities_Nk = np.empty((count, k), np.int64), np.empty((count, k), np.float32)
    step = max(1, BLOCK // max(count, 1))
    for start in range(0, count if k else 0, step):
        block_BN = units_ND[start : start + step] @ units_ND.T
        rows = np.arange(len(block_BN))[:, None]
        block_BN[rows[:, 0], start + rows[:, 0]] = -np.inf
        near_Bk = np.argpartition(block_BN, count - k, axis=1)[:, count - k :]
        order_Bk = np.argsort(-block_BN[rows, near_Bk], axis=1, kind="stable")
        indices_Nk[start : start + step] = near_Bk[rows, order_Bk]
        similarities_Nk[start : start + step] = block_BN[rows, indices_Nk[start : start + step]]
    return Neighbors(indices_Nk, similarities_Nk)


def neighbor_votes(near: Neighbors, labels_N: Int, num_classes: int) -> F32:
    """f32[N, K], rows sum to 1: (votes for the class + its share of all labels) / (all votes + 1).

    A neighbor's vote weighs as much as it is similar, never less than nothing.
    """
    shares_K = np.bincount(labels_N, minlength=num_classes) / max(len(labels_N), 1)
    weights_Nk = np.maximum(near.similarities_Nk, 0).astype(np.float64)
    votes_NK = np.zeros((len(labels_N), num_classes))
    rows_N = np.arange(len(labels_N))
    for j in range(weights_Nk.shape[1]):
        votes_NK[rows_N, labels_N[near.indices_Nk[:, j]]] += weights_Nk[:, j]
    smoothed_NK: F32 = ((votes_NK + shares_K) / (votes_NK.sum(axis=1, keepdims=True) + 1)).astype(np.float32)
    return smoothed_NK

"""The most similar items of each item, by cosine, and their labels' votes, weighted by similarity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError, SetupError
from errata.tools.detectors.arrays.checks import labeled, vectors
from errata.tools.detectors.arrays.held_rows import MadeRows
from errata.tools.detectors.neighbors.neighbor_search import ShareProgress, search
from errata.tools.features.embedder import unit_rows
from errata.types import F32, Int


class Neighbors(NamedTuple):
    """The nearest other items of each item, nearest first: i64[N, k], and their cosine similarities f32[N, k]."""

    indices_Nk: Int
    similarities_Nk: F32


def neighbors(embeddings_ND: ArrayLike, k: int = 10, progress: ShareProgress | None = None) -> Neighbors:
    """The min(k, N - 1) nearest other items of each, by cosine of the embeddings f32[N, D].

    An item is never its own neighbor, but its exact duplicates are. Exact for up to 10,000 items, nearly so beyond
    (``neighbor_search.search``). ``progress`` is called with the share done. Raises DataError for NaN or a wrong shape.
    """
    if k < 1:
        raise SetupError(f"A neighborhood has at least one neighbor, got k={k}.")
    units_ND = unit_rows(vectors(embeddings_ND, len(np.asarray(embeddings_ND))))
    k = min(k, max(len(units_ND) - 1, 0))
    if not k:
        return Neighbors(np.empty((len(units_ND), 0), np.int64), np.empty((len(units_ND), 0), np.float32))
    return Neighbors(*search(units_ND, k, progress))


def neighbor_votes(near: Neighbors, labels_N: Int, num_classes: int) -> F32:
    """f32[N, K], rows sum to 1: (votes for the class + its share of all labels) / (all votes + 1).

    A neighbor's vote counts as much as it is similar, never less than zero.
    """
    return vote_rows(near, labels_N, num_classes)[:]


def vote_rows(near: Neighbors, labels_N: Int, num_classes: int) -> MadeRows:
    """The same, by rows."""
    shares_K = class_shares(labels_N, num_classes)

    def votes(rows: slice | Int) -> F32:
        these = Neighbors(near.indices_Nk[rows], near.similarities_Nk[rows])
        votes_nK = weighted_votes(these, np.maximum(these.similarities_Nk, 0), labels_N, num_classes)
        votes_nK += shares_K
        votes_nK /= votes_nK.sum(axis=1, keepdims=True)
        return votes_nK

    return MadeRows((len(labels_N), num_classes), votes)


def weighted_votes(near: Neighbors, weights_Nk: F32, labels_N: Int, num_classes: int) -> F32:
    """f32[N, K]: the summed weights of the neighbors that were given each class."""
    votes_NK = np.zeros((len(near.indices_Nk), num_classes), np.float32)
    rows_N = np.arange(len(votes_NK))
    for indices_N, weights_N in zip(near.indices_Nk.T, weights_Nk.T, strict=True):
        votes_NK[rows_N, labels_N[indices_N]] += weights_N
    return votes_NK


def class_shares(labels_N: Int, num_classes: int) -> F32:
    """f32[K]: each class' share of all labels."""
    return (np.bincount(labels_N, minlength=num_classes) / max(len(labels_N), 1)).astype(np.float32)


def labeled_neighbors(near: Neighbors, labels_N: ArrayLike, num_classes: int) -> Int:
    """The labels as i64[N]. Raises DataError for invalid labels, or neighbors of another number of items."""
    labels = labeled(labels_N, num_classes)
    if len(near.indices_Nk) != len(labels):
        raise DataError(f"Neighbors must be those of the {len(labels)} labeled items, got {len(near.indices_Nk)} rows.")
    return labels

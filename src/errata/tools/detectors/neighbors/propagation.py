"""Labels, or a posterior, spread over the graph of nearest neighbors.

Zhou et al. 2003, "Learning with Local and Global Consistency": F = (1 - a) (I - a S)^-1 Y, where S holds the graph's
weights, normalized on both sides. Spreading a finished posterior instead of labels is the decoupled propagation of
ERASE (Chen et al. 2023). If errors follow one pattern, it corrects far more than the posterior alone; if neighbors are
often of other classes, it blurs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.arrays.checks import probabilities
from errata.tools.detectors.arrays.held_rows import MadeRows
from errata.tools.detectors.arrays.top_probs import TopProbs
from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors.neighbors import Neighbors, class_shares, labeled_neighbors
from errata.tools.features.probe import FOLDS, stratified_folds
from errata.types import F32, Int, LabelProbs, Scores

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ALPHA = 0.9
"""Share of an item's distribution that comes from its neighbors; the rest is its starting point."""
ROUNDS = 20
TEMPERATURE = 0.1
"""An edge weighs exp(cosine / TEMPERATURE)."""
COUPLING = 2.0
"""Log-odds that neighbors add to a label which all of them have. 4 corrects more on digits but does harm on real
errors."""
MEAN_FIELD_ROUNDS = 5
PRIOR = 0.01
"""Mass of the classes' shares in every row, for items that no label reaches. A label keeps .1 of its own mass in
place."""
SMALLEST = 1e-6
"""Minimum probability: even a posterior that excludes a label can be overruled by all neighbors."""


def detect(near: Neighbors, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: quality and flags by confident learning on the leave-one-out propagation.

    Raises DataError for invalid arrays.
    """
    labels = labeled_neighbors(near, labels_N, num_classes)
    return confident_learning.detect(labels, leave_one_out(near, labels, num_classes))


def leave_one_out(near: Neighbors, labels_N: Int, num_classes: int, folds_N: Int | None = None) -> F32:
    """f32[N, K], rows sum to 1: the labels that reach each item while those of its own fold are hidden.

    ``folds_N``: each item's fold, from 0 to FOLDS - 1; by default, stratified folds.
    """
    graph = neighbor_graph(near)
    folds_N = stratified_folds(labels_N) if folds_N is None else folds_N
    reached_NK = np.empty((len(labels_N), num_classes), np.float32)
    for fold in range(FOLDS):
        start_NK = np.zeros_like(reached_NK)
        others = np.flatnonzero(folds_N != fold)
        start_NK[others, labels_N[others]] = 1
        reached_NK[folds_N == fold] = _spread(graph, start_NK)[folds_N == fold]
    reached_NK += PRIOR * class_shares(labels_N, num_classes)
    reached_NK /= reached_NK.sum(axis=1, keepdims=True)
    return reached_NK


def propagated(near: Neighbors, probs_NK: ArrayLike, *, rounds: int = ROUNDS) -> F32:
    """f32[N, K], rows sum to 1: a posterior spread over the graph, an item's own row counting with 1 - ALPHA.

    An item's label must have no part in its own row, and little in its neighbors' rows: neighbors' votes do not
    qualify, a discriminant's posterior does. Raises DataError for invalid arrays.
    """
    probs = probabilities(probs_NK, len(near.indices_Nk)).astype(np.float32, copy=False)
    spread_NK = _spread(neighbor_graph(near), probs, rounds)
    spread_NK /= spread_NK.sum(axis=1, keepdims=True)
    return spread_NK


def averaged(near: Neighbors, probs_NK: ArrayLike) -> F32:
    """f32[N, K], rows sum to 1: the mean of the posterior over an item's neighbors by similarity, without its own.

    An item without similar neighbors keeps its own row. Raises DataError for invalid arrays.
    """
    probs = probabilities(probs_NK, len(near.indices_Nk)).astype(np.float32, copy=False)
    return averaged_rows(near, probs)[:]


def averaged_rows(near: Neighbors, probs_NK: LabelProbs) -> MadeRows:
    """The same, by rows."""
    edges = _edges(near, np.maximum(near.similarities_Nk, 0))
    sums = _sums_of_top(probs_NK) if isinstance(probs_NK, TopProbs) else lambda some: some @ probs_NK

    def means(rows: slice | Int) -> F32:
        sums_nK: F32 = sums(edges[rows])
        alone_n = sums_nK.sum(axis=1) <= 0
        if alone_n.any():
            sums_nK[alone_n] = probs_NK[np.arange(len(probs_NK))[rows][alone_n]]
        sums_nK /= sums_nK.sum(axis=1, keepdims=True)
        return sums_nK

    return MadeRows(probs_NK.shape, means)


def _sums_of_top(probs_NK: TopProbs) -> Callable[[Any], F32]:
    """What a part of the graph sums up, f32[n, K], from the labels that are held."""
    above = probs_NK.above_each()

    def sums(edges: Any) -> F32:
        sums_nK: F32 = (edges @ above).toarray()
        sums_nK += (edges @ probs_NK.each_N)[:, None]
        return sums_nK

    return sums


def toward_neighbors(near: Neighbors, weights_NK: F32, held_NK: F32) -> F32:
    """f32[N, K]: the weights of an item's labels times exp(COUPLING * how much its neighbors have each)."""
    leaning_NK = averaged(near, held_NK)
    leaning_NK *= COUPLING
    np.exp(leaning_NK, out=leaning_NK)
    leaning_NK *= weights_NK
    return leaning_NK


def neighbor_graph(near: Neighbors) -> csr_array:
    """csr f32[N, N], symmetric: an edge where either item is a neighbor of the other, normalized on both sides.

    If only mutual neighbors were joined, many items would have no edges: on digits with 20% look-alike noise, average
    precision falls from .90 to .72.
    """
    directed = _edges(near, np.exp((near.similarities_Nk - 1) / TEMPERATURE))
    edges = directed.maximum(directed.T.tocsr())
    scale_N = 1 / np.sqrt(np.maximum(edges.sum(axis=1), np.finfo(np.float32).tiny))
    edges.data *= scale_N[edges.indices] * np.repeat(scale_N, np.diff(edges.indptr))
    return edges


def _edges(near: Neighbors, weights_Nk: F32) -> csr_array:
    from scipy.sparse import csr_array

    count, k = near.indices_Nk.shape
    starts_N = np.arange(0, count * k + 1, k) if k else np.zeros(count + 1, np.int64)
    return csr_array((weights_Nk.ravel(), near.indices_Nk.ravel(), starts_N), (count, count))


def _spread(graph: csr_array, start_NK: F32, rounds: int = ROUNDS) -> F32:
    """F after this many rounds of F = a S F + (1 - a) Y, starting from F = Y."""
    spread_NK = start_NK
    for _ in range(rounds):
        spread_NK = graph @ spread_NK
        spread_NK *= ALPHA
        spread_NK += (1 - ALPHA) * start_NK
    return spread_NK


DETECTOR = Detector(
    "propagation",
    "labels that reach an item through the graph of neighbors",
    ("embeddings",),
    lambda given: detect(given.near, given.labels_N, given.num_classes),
)

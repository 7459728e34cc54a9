"""The noise channel of a dataset: how often each true label was given as each other one, without knowing the truth.

From neighbors: an item and its two nearest mostly share one true label, so their three given labels are three draws
from one row of the channel, and how often they agree gives it away (Zhu, Song, Liu 2021, "Clusterability as an
Alternative to Anchor Points When Learning with Noisy Labels", HOC, section 3). HOC matches the counts of labels, pairs
and triples to what the channel makes of them; here the triples, which hold the other two, get their greatest
likelihood instead by expectation maximisation: errors smaller by a third with 100 classes, no local optimum between
look-alike classes at 40% noise, and no table of K^3 cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import labeled
from errata.tools.detectors.neighbors.neighbors import Neighbors
from errata.types import F64, Int

TRIPLES = 50_000
"""Items read at most: more would move the channel less than neighbors of another class do."""
ROUNDS = 200
CLOSE = 1e-7
"""Gain in log-likelihood of a triple at which the channel stands still."""
DIAGONAL = 0.8
"""Share of right labels that the search begins at: its larger diagonal is what names the classes."""
PSEUDO = 1.0
"""Right labels that a class is taken to have had beside those seen: one that nobody gave has a clean row."""
BLOCK = 1 << 21
"""Cells of triples x classes held at once: 16 MB."""


class NoiseChannel(NamedTuple):
    """``transition_KK[a, b]``: P(given = b | true = a), rows sum to 1. ``prior_K``: P(true = a). Both f64."""

    transition_KK: F64
    prior_K: F64

    def true_given(self) -> F64:
        """f64[K, K]: [b, a] is P(true = a | given = b), rows sum to 1; the label itself where nobody is given b."""
        joint_KK = (self.transition_KK * self.prior_K[:, None]).T
        given_K = joint_KK.sum(axis=1, keepdims=True)
        posterior_KK: F64 = np.where(given_K > 0, joint_KK / np.where(given_K > 0, given_K, 1), np.eye(len(joint_KK)))
        return posterior_KK


def from_joint(counts_KK: ArrayLike) -> NoiseChannel:
    """The channel that a confident joint holds: ``counts_KK[b, a]`` items given b and truly a.

    A class that nobody truly is keeps its labels. Raises DataError for a table that is not square or holds nothing.
    """
    counts = np.asarray(counts_KK, np.float64).T
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.sum() > 0 or counts.min() < 0:
        raise DataError(f"A joint must be a square table of counts with something in it, got shape {counts.shape}.")
    true_K = counts.sum(axis=1, keepdims=True)
    transition_KK = np.where(true_K > 0, counts / np.where(true_K > 0, true_K, 1), np.eye(len(counts)))
    return NoiseChannel(transition_KK, true_K[:, 0] / counts.sum())


def from_neighbors(near: Neighbors, labels_N: ArrayLike, num_classes: int) -> NoiseChannel:
    """The channel under which the given labels of items and their two nearest neighbors are likeliest.

    What neighbors of another class do looks like noise: read it as an upper estimate. Raises DataError for unfit labels
    or fewer than two neighbors an item.
    """
    labels = labeled(labels_N, num_classes)
    if len(near.indices_Nk) != len(labels) or near.indices_Nk.shape[1] < 2:
        raise DataError(
            f"The noise channel is read off each of the {len(labels)} labeled items and its two nearest neighbors, "
            f"got neighbors of shape {near.indices_Nk.shape}."
        )
    triples_U3, counts_U = _triples(near, labels, num_classes)
    share = (1 - DIAGONAL) / num_classes
    channel = NoiseChannel(
        np.full((num_classes, num_classes), share) + DIAGONAL * np.eye(num_classes),
        np.bincount(labels, minlength=num_classes) / len(labels),
    )
    reached = -np.inf
    for _ in range(ROUNDS):
        channel, likelihood = _maximised(channel, triples_U3, counts_U)
        if likelihood - reached < CLOSE:
            break
        reached = likelihood
    return channel


def _triples(near: Neighbors, labels_N: Int, num_classes: int) -> tuple[Int, Int]:
    """The distinct triples of labels in ascending order, i64[U, 3], and how often each was seen."""
    every = slice(None, None, -(-len(labels_N) // TRIPLES))
    triples_n3 = np.column_stack([labels_N[every], labels_N[near.indices_Nk[every, :2]]])
    low, middle, high = np.sort(triples_n3, axis=1).T
    codes_U, counts_U = np.unique((low * num_classes + middle) * num_classes + high, return_counts=True)
    pairs_U, last_U = np.divmod(codes_U, num_classes)
    return np.column_stack([*np.divmod(pairs_U, num_classes), last_U]), counts_U


def _maximised(channel: NoiseChannel, triples_U3: Int, counts_U: Int) -> tuple[NoiseChannel, float]:
    """One step of expectation maximisation, and the mean log-likelihood of a triple before it."""
    classes = len(channel.prior_K)
    by_given_KK = np.ascontiguousarray(channel.transition_KK.T)
    drawn_KK, true_K, likelihood = PSEUDO * np.eye(classes), np.zeros(classes), 0.0
    step = max(1, BLOCK // classes)
    for start in range(0, len(triples_U3), step):
        triples, counts = triples_U3[start : start + step], counts_U[start : start + step]
        true_BK = by_given_KK[triples[:, 0]] * by_given_KK[triples[:, 1]] * by_given_KK[triples[:, 2]] * channel.prior_K
        total_B = true_BK.sum(axis=1)
        likelihood += float(counts @ np.log(total_B))
        true_BK *= (counts / total_B)[:, None]
        true_K += true_BK.sum(axis=0)
        for j in range(3):
            drawn_KK += _summed(true_BK, triples[:, j], classes).T
    return NoiseChannel(drawn_KK / drawn_KK.sum(axis=1, keepdims=True), true_K / true_K.sum()), likelihood / int(
        counts_U.sum()
    )


def _summed(rows_BK: F64, groups_B: Int, groups: int) -> F64:
    """f64[groups, K]: the sum of each group's rows."""
    from scipy.sparse import csr_array

    members = csr_array((np.ones(len(groups_B)), (groups_B, np.arange(len(groups_B)))), (groups, len(groups_B)))
    return np.asarray(members @ rows_BK)

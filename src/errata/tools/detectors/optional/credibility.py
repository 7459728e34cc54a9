"""How well an item's label is supported by the items around it, and what they suggest instead.

After the credibility score and the density-based soft labels of "Pre-trained Language Models as Re-Annotators" (Shu
2022); the formulas are errata's reconstruction, since the paper's code is not public.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.arrays.checks import probabilities
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors.neighbors import Neighbors, class_shares, labeled_neighbors, weighted_votes
from errata.types import F32, Int, Scores

MARGIN = 0.2
"""How much more probable than the given label another one must be to be proposed."""
KAPPAS = (0.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
"""Sharpness of the kernel exp(kappa * cosine): 0 counts all neighbors the same, 320 little more than the nearest."""
BACKGROUND = 0.1
"""Share of the soft label distributed as the classes are: an item may differ from its neighbors."""
ROWS = 16_384
"""Rows used to choose kappa; more would not change it."""
CLOSE = 1e-6


def detect(near: Neighbors, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: ``quality`` is the credibility, ``label_probs`` the soft labels, ``flag``: the corrector
    would change the label. An item's own label is not used. Raises DataError for invalid arrays."""
    labels = labeled_neighbors(near, labels_N, num_classes)
    soft_NK = soft_labels(near, labels, num_classes)
    return Scores(credibility(near, labels, num_classes), corrected(soft_NK, labels) != labels, soft_NK)


def credibility(near: Neighbors, labels_N: Int, num_classes: int) -> F32:
    """f32[N] in [0, 1]: whether neighbors give this label more often (above 1/2) than its share of all labels suggests.

    The sigmoid of logit(share among the neighbors) - logit(share of the class). Neighbors weigh exp(-d^2 / 2h^2) by
    cosine distance d, with h the distance of the farthest, so that the kernel is wider in sparse regions.
    """
    from scipy.special import expit, logit

    distances_Nk = 1 - near.similarities_Nk
    widest_N1 = distances_Nk.max(axis=1, keepdims=True, initial=0)
    weights_Nk = np.exp(-((distances_Nk / np.where(widest_N1 > 0, widest_N1, 1)) ** 2) / 2)
    chance_N = class_shares(labels_N, num_classes)[labels_N].astype(np.float64)
    agree_N = (weights_Nk * (labels_N[near.indices_Nk] == labels_N[:, None])).sum(axis=1, dtype=np.float64)
    share_N = (agree_N + chance_N) / (weights_Nk.sum(axis=1, dtype=np.float64) + 1)
    odds_N = logit(np.clip(share_N, CLOSE, 1 - CLOSE)) - logit(np.clip(chance_N, CLOSE, 1 - CLOSE))
    return np.asarray(expit(odds_N), np.float32)


def soft_labels(near: Neighbors, labels_N: Int, num_classes: int, kappas: Sequence[float] = KAPPAS) -> F32:
    """f32[N, K], rows sum to 1: q(c) ~ sum over the neighbors given c of exp(kappa * cosine), with some background.

    A von Mises-Fisher kernel estimate of each class' density times its share, over the given neighbors: those farther
    away would hardly count. Uses the one of ``kappas`` that makes the given labels likeliest, each predicted without
    itself.
    """
    shares_K = class_shares(labels_N, num_classes)
    if not near.indices_Nk.shape[1]:
        return np.tile(shares_K, (len(labels_N), 1))
    soft_NK = weighted_votes(
        near, _kernel(near.similarities_Nk, _sharpness(near, labels_N, shares_K, kappas)), labels_N, num_classes
    )
    soft_NK *= 1 - BACKGROUND
    soft_NK += BACKGROUND * shares_K
    return soft_NK


def corrected(probs_NK: ArrayLike, labels_N: Int) -> Int:
    """i64[N]: the most probable label if it beats the given one by more than MARGIN, otherwise the given one.

    Raises DataError for invalid probabilities; an item's label must have no part in its own row.
    """
    probs = probabilities(probs_NK, len(labels_N))
    rows_N, best_N = np.arange(len(labels_N)), probs.argmax(axis=1)
    return np.where(probs[rows_N, best_N] - probs[rows_N, labels_N] > MARGIN, best_N, labels_N)


def _kernel(similarities_Nk: F32, kappa: float) -> F32:
    """f32[N, k]: the neighbors' weights, summing to 1."""
    weights_Nk: F32 = np.exp(kappa * (similarities_Nk - similarities_Nk.max(axis=1, keepdims=True)))
    weights_Nk /= weights_Nk.sum(axis=1, keepdims=True)
    return weights_Nk


def _sharpness(near: Neighbors, labels_N: Int, shares_K: F32, kappas: Sequence[float]) -> float:
    every = slice(None, None, -(-len(labels_N) // ROWS))
    agree_nk = labels_N[near.indices_Nk[every]] == labels_N[every, None]
    background_n = BACKGROUND * shares_K[labels_N[every]]

    def likelihood(kappa: float) -> float:
        given_n = (_kernel(near.similarities_Nk[every], kappa) * agree_nk).sum(axis=1)
        return float(np.log((1 - BACKGROUND) * given_n + background_n).sum())

    return max(kappas, key=likelihood)


DETECTOR = Detector(
    "credibility",
    "whether neighbors give the label more often than its share makes likely",
    ("embeddings",),
    lambda given: detect(given.near, given.labels_N, given.num_classes),
)

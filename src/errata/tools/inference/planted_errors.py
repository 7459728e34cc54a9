"""Errors that errata plants itself, to learn what the word of its scan is worth on this very data.

People's errors are of no single kind, so a quarter of the planted ones is even, a quarter follows the confusions that
the confident joint shows, a quarter goes toward what the item resembles, and a quarter falls on items that are hard.
They are a random sample within each class, and never the items of which the scan is surest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from errata.types import F32, F64, Int, LabelProbs

KINDS = ("even", "confused", "resembling", "hard")
MOST_OF_CLASS = 0.03
"""Share of each class that is planted in one round: more would change what the scan learns from the labels."""
MOST = 2000
"""In one round: more would not be told apart."""
LEAST_HARD = 1e-3
"""Chance that a label is wrong, of the easiest item: any item can be drawn as a hard one."""
SMALLEST = 1e-6


class PlantedErrors(NamedTuple):
    """``items_P``: whose labels were made wrong; ``labels_P``: what they were made; ``kinds_P``: places in KINDS."""

    items_P: Int
    labels_P: Int
    kinds_P: Int

    def into(self, labels_N: Int) -> Int:
        """The labels with these errors in them."""
        planted_N = labels_N.copy()
        planted_N[self.items_P] = self.labels_P
        return planted_N


def plant(labels_N: Int, probs_NK: LabelProbs, joint_KK: Int, seed: int, most: int = MOST) -> PlantedErrors:
    """One round of errors: of each class at most MOST_OF_CLASS, and at most ``most`` in all.

    ``labels_N`` int[N], each of 0..K-1; ``probs_NK``: out-of-sample probabilities; ``joint_KK``: the calibrated
    confident joint, given label, then true one. A class of fewer than 34 items gets none, and data of one class either.
    """
    rng = np.random.default_rng(seed)
    sizes_K = np.bincount(labels_N, minlength=len(joint_KK))
    quota_K = np.floor(MOST_OF_CLASS * sizes_K).astype(np.int64) * (np.count_nonzero(sizes_K) > 1)
    hard = rng.permutation(_drawn(labels_N, quota_K // 4, _hardness(labels_N, probs_NK), rng))
    even_N = np.ones(len(labels_N))
    even_N[hard] = 0.0
    others = rng.permutation(_drawn(labels_N, quota_K - quota_K // 4, even_N, rng))
    kinds_P = np.concatenate([np.full(len(hard), KINDS.index("hard")), np.arange(len(others)) % (len(KINDS) - 1)])
    chosen = rng.permutation(len(kinds_P))[:most]
    items_P, kinds_P = np.concatenate([hard, others])[chosen], kinds_P[chosen]
    labels_P = _other_labels(labels_N[items_P], kinds_P, probs_NK[items_P], joint_KK, sizes_K > 0, rng)
    return PlantedErrors(items_P, labels_P, kinds_P)


def _hardness(labels_N: Int, probs_NK: LabelProbs) -> F64:
    hard_N: F64 = np.maximum(1.0 - probs_NK[np.arange(len(labels_N)), labels_N], LEAST_HARD)
    return hard_N


def _drawn(labels_N: Int, quota_K: Int, weight_N: F64, rng: np.random.Generator) -> Int:
    """So many of each class, without replacement, as likely as they weigh (Efraimidis, Spirakis 2006)."""
    with np.errstate(divide="ignore"):
        key_N = np.log(weight_N) + rng.gumbel(size=len(weight_N))
    order = np.lexsort((-key_N, labels_N))
    ordered = labels_N[order]
    starts_K = np.searchsorted(ordered, np.arange(len(quota_K)))
    rank_N = np.arange(len(order)) - starts_K[ordered]
    drawn: Int = order[(rank_N < quota_K[ordered]) & np.isfinite(key_N[order])]
    return drawn


def _other_labels(
    given_P: Int, kinds_P: Int, probs_PK: F32, joint_KK: Int, present_K: np.ndarray, rng: np.random.Generator
) -> Int:
    """A label other than the given one for each, by the kind of error."""
    weight_PK = np.ones(probs_PK.shape)
    confused, alike = kinds_P == KINDS.index("confused"), kinds_P == KINDS.index("resembling")
    weight_PK[confused] = joint_KK.T[given_P[confused]] + 1 / len(joint_KK)  # the given label as if it were true
    weight_PK[alike] = probs_PK[alike] + SMALLEST
    weight_PK *= present_K
    weight_PK[np.arange(len(given_P)), given_P] = 0.0
    below_PK = weight_PK.cumsum(axis=1)
    labels_P: Int = (rng.random((len(given_P), 1)) * below_PK[:, -1:] >= below_PK).sum(axis=1)
    return labels_P

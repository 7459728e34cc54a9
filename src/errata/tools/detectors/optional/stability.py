"""How much a distribution over labels changes when the content is perturbed.

Unsupervised data augmentation (Xie et al. 2020) trains a model to give the same answer for an item and for its
paraphrase or altered image; here that difference shows how reliable an answer is. Jensen-Shannon divergence replaces KL
divergence: it is bounded and symmetric.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.checks import probabilities
from errata.types import F32, Probs, Scores


def detect(probs_NK: ArrayLike, copies: Iterable[ArrayLike]) -> Scores:
    """Scores of items: ``quality`` is 1 minus the mean divergence from the perturbed copies: 1 = nothing changes the
    answer, 0 = every copy gets another one. It says nothing about the given label.

    ``copies``: for each way to perturb, f32[N, K] of the items so perturbed; they may be made one at a time. ``flag``:
    at least half of the copies have another favorite. ``label_probs``: the mean over the item and its copies. Raises
    DataError for invalid arrays or no copy at all.
    """
    probs = probabilities(probs_NK, len(np.asarray(probs_NK)))
    moved_N, changed_N, count = np.zeros(len(probs), np.float32), np.zeros(len(probs), np.int64), 0
    sums_NK = probs.astype(np.float32)
    for copy_NK in copies:
        copy = probabilities(copy_NK, len(probs))
        if copy.shape != probs.shape:
            raise DataError(f"Every copy must have the shape of the items, {probs.shape}, got {copy.shape}.")
        moved_N += divergence(probs, copy)
        changed_N += copy.argmax(axis=1) != probs.argmax(axis=1)
        sums_NK += copy
        count += 1
    if not count:
        raise DataError("Stability needs the probabilities of one perturbed copy of each item or more, got none.")
    sums_NK /= sums_NK.sum(axis=1, keepdims=True)
    return Scores(1 - moved_N / np.float32(count), 2 * changed_N >= count, sums_NK)


def divergence(probs_NK: Probs, others_NK: Probs) -> F32:
    """f32[N] in [0, 1]: Jensen-Shannon divergence in bits, 0 = the same distribution, 1 = no label in common."""
    from scipy.special import xlogy

    bits_N = np.empty(len(probs_NK), np.float32)

    def work(rows: slice) -> None:
        one, two = probs_NK[rows].astype(np.float64), others_NK[rows]
        middle = (one + two) / 2
        nats = (xlogy(one, one) + xlogy(two, two)).sum(axis=1) / 2 - xlogy(middle, middle).sum(axis=1)
        bits_N[rows] = np.clip(nats / np.log(2), 0, 1)

    each_block(work, *probs_NK.shape)
    return bits_N

"""How much a distribution over labels moves when the content is perturbed.

Unsupervised data augmentation (Xie et al. 2020) trains a model to answer alike on an item and on its paraphrase or
altered image; here the same difference says how far an answer can be relied on. Jensen-Shannon divergence replaces its
KL divergence: it has an upper bound, and no side is the right one.
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
    """Scores of items: ``quality`` is 1 less the mean divergence from the perturbed copies: 1 = nothing moves the
    answer, 0 = every copy gets another one. It says nothing of the given label.

    ``copies``: for each way to perturb, f32[N, K] of the items so perturbed; they may be made one at a time. ``flag``:
    half of the copies or more have another favorite. ``label_probs``: the mean over the item and its copies. Raises
    DataError for unfit arrays or no copy at all.
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

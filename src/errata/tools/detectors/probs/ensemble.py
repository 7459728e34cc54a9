"""errata's own out-of-sample probabilities: neighbors and a discriminant, pooled, and pooled again after correction.

Both views leave the item out in closed form, so nothing is trained in folds. What they agree on is averaged over
neighbors, and both views then learn from the labels corrected by it: noise that fooled them the first time is mostly
gone the second (self-training; Li, Socher, Hoi 2020 do so with networks). Each round counts half, since the second
learns from the errors of the first. Neighbors weigh as much as they tell about the labels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from errata.tools.detectors.arrays.softmax import softmax
from errata.tools.detectors.confident.channel_quality import noise_channel
from errata.tools.detectors.neighbors.copies import shares
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbor_votes
from errata.tools.detectors.neighbors.propagation import averaged
from errata.tools.detectors.probs import discriminant
from errata.tools.detectors.probs.stacking import pool, powers
from errata.tools.detectors.probs.temperature import probabilities_from
from errata.types import F32, Int

ROUNDS = 2
UNSURE = 1e-3
"""A lower bound on class probabilities when rounds and neighbors are multiplied: none of them may veto a label."""
SMALLEST_POWER = 1e-6


def leave_one_out(
    embeddings_ND: F32,
    labels_N: Int,
    num_classes: int,
    near: Neighbors,
    progress: Callable[[int], None] | None = None,
    copies_N: Int | None = None,
) -> F32:
    """f32[N, K], rows sum to 1: the class probabilities of each item from the labels of the others.

    An item's label returns to it only through its neighbors, on which it had a vote. ``progress`` is called with how
    many of ROUNDS are done. ``copies_N``: groups of copies, which count as one item each; ``near`` says what they count
    as neighbors (``copies.counted_once``).
    """
    views = (
        neighbor_votes(near, labels_N, num_classes),
        discriminant.leave_one_out(embeddings_ND, labels_N, num_classes, copies_N),
    )
    weights_N = shares(copies_N)
    first_NK = pool(views, labels_N, weights_N)
    del views
    logs_NK, around_NK = _log(first_NK), averaged(near, first_NK)
    weight = _neighbors_weight(first_NK, around_NK, labels_N, weights_N)
    logs_NK += _log(around_NK, weight)
    del around_NK
    first_NK = softmax(logs_NK.copy())
    corrected_NK = _corrected(first_NK, labels_N, weights_N)
    if progress is not None:
        progress(1)
    logs_NK += _log(averaged(near, corrected_NK), weight)
    logs_NK += _log(discriminant.leave_one_out(embeddings_ND, corrected_NK.argmax(axis=1), num_classes, copies_N))
    probs_NK = probabilities_from(logs_NK, labels_N, weights_N)
    if progress is not None:
        progress(ROUNDS)
    return probs_NK


def _neighbors_weight(first_NK: F32, around_NK: F32, labels_N: Int, weights_N: F32 | None) -> float:
    """In [0, 1]: how much the neighbors' mean weighs relative to the item itself. 1 if neighbors resemble each other; 0
    if an item's nearest neighbors are of any class, as in wide clouds that overlap."""
    own, around = powers((first_NK, around_NK), labels_N, weights_N)
    return float(around / max(own, around, SMALLEST_POWER))


def _corrected(probs_NK: F32, labels_N: Int, weights_N: F32 | None) -> F32:
    """f32[N, K]: P(true | item, given), which includes the given label."""
    reached_KK = noise_channel(labels_N, probs_NK, weights_N).transition_KK.T.astype(np.float32)
    corrected_NK = probs_NK * reached_KK[labels_N]
    corrected_NK /= corrected_NK.sum(axis=1, keepdims=True)
    return corrected_NK


def _log(probs_NK: F32, power: float = 1) -> F32:
    logs_NK: F32 = np.log(probs_NK + np.float32(UNSURE))
    logs_NK *= np.float32(power)
    return logs_NK

"""errata's own out-of-sample probabilities: neighbors and a discriminant, pooled, and pooled again after correction.

Both views leave the item out in closed form, so nothing is trained in folds. What they agree on is averaged over
neighbors, and both views then learn from the labels corrected by it: noise that fooled them the first time is mostly
gone the second (self-training; Li, Socher, Hoi 2020 do so with networks). Each round counts half, since the second
learns from the errors of the first. Neighbors weigh as much as they tell about the labels.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from errata.tools.detectors.arrays.held_rows import MadeRows, held
from errata.tools.detectors.arrays.softmax import softmax
from errata.tools.detectors.arrays.top_classes import top_classes
from errata.tools.detectors.confident.channel_quality import noise_channel
from errata.tools.detectors.neighbors.copies import shares
from errata.tools.detectors.neighbors.neighbors import Neighbors, vote_rows
from errata.tools.detectors.neighbors.propagation import averaged_rows
from errata.tools.detectors.probs import discriminant
from errata.tools.detectors.probs.stacking import pool_rows, powers
from errata.tools.detectors.probs.temperature import probability_rows
from errata.types import F32, Int, LabelProbs

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
    return np.asarray(left_out_probs(embeddings_ND, labels_N, num_classes, near, None, progress, copies_N))


def left_out_probs(
    embeddings_ND: F32,
    labels_N: Int,
    num_classes: int,
    near: Neighbors,
    kept: int | None,
    progress: Callable[[int], None] | None = None,
    copies_N: Int | None = None,
) -> LabelProbs:
    """The same, of which so many of the likeliest labels of each item are held, the given one among them; None: all.

    What is not held is made again from what is, block by block, each time it is read.
    """
    weights_N, around = shares(copies_N), partial(averaged_rows, near)

    def hold(rows_NK: LabelProbs) -> LabelProbs:
        return held(rows_NK, labels_N, kept)

    def at_hand(rows_NK: LabelProbs) -> LabelProbs:
        return rows_NK if kept is not None else hold(rows_NK)

    def model(learned_N: Int) -> LabelProbs:
        of = discriminant.leave_one_out if kept is None else discriminant.left_out_rows
        return of(embeddings_ND, learned_N, num_classes, copies_N)

    views = [at_hand(vote_rows(near, labels_N, num_classes)), model(labels_N)]
    first_NK = hold(pool_rows(views, labels_N, weights_N))
    del views
    around_NK = at_hand(around(first_NK))
    weight = _neighbors_weight(first_NK, around_NK, labels_N, weights_N)
    logs_NK = at_hand(_sum_rows(_log_rows(first_NK), _log_rows(around_NK, weight)))
    del first_NK, around_NK
    corrected_NK = hold(_corrected(hold(_softmax_rows(logs_NK)), labels_N, weights_N))
    if progress is not None:
        progress(1)
    model_NK = model(top_classes(labels_N, corrected_NK).top_N)
    second_NK = _sum_rows(_log_rows(around(corrected_NK), weight), _log_rows(model_NK))
    probs_NK = hold(probability_rows(_sum_rows(logs_NK, second_NK), labels_N, weights_N))
    if progress is not None:
        progress(ROUNDS)
    return probs_NK


def _neighbors_weight(first_NK: LabelProbs, around_NK: LabelProbs, labels_N: Int, weights_N: F32 | None) -> float:
    """In [0, 1]: how much the neighbors' mean weighs relative to the item itself. 1 if neighbors resemble each other; 0
    if an item's nearest neighbors are of any class, as in wide clouds that overlap."""
    own, around = powers((first_NK, around_NK), labels_N, weights_N)
    return float(around / max(own, around, SMALLEST_POWER))


def _corrected(probs_NK: LabelProbs, labels_N: Int, weights_N: F32 | None) -> MadeRows:
    """f32[N, K]: P(true | item, given), which includes the given label."""
    reached_KK = noise_channel(labels_N, probs_NK, weights_N).transition_KK.T.astype(np.float32)

    def corrected(rows: slice | Int) -> F32:
        corrected_nK: F32 = probs_NK[rows] * reached_KK[labels_N[rows]]
        corrected_nK /= corrected_nK.sum(axis=1, keepdims=True)
        return corrected_nK

    return MadeRows(probs_NK.shape, corrected)


def _sum_rows(left_NK: LabelProbs, right_NK: LabelProbs) -> MadeRows:
    return MadeRows(left_NK.shape, lambda rows: left_NK[rows] + right_NK[rows])


def _log_rows(probs_NK: LabelProbs, power: float = 1) -> MadeRows:
    return MadeRows(probs_NK.shape, lambda rows: _log(probs_NK[rows], power))


def _softmax_rows(logs_NK: LabelProbs) -> MadeRows:
    return MadeRows(logs_NK.shape, lambda rows: softmax(np.array(logs_NK[rows])))


def _log(probs_NK: F32, power: float) -> F32:
    logs_NK: F32 = np.log(probs_NK + np.float32(UNSURE))
    logs_NK *= np.float32(power)
    return logs_NK

"""CROWDLAB: votes and a classifier's probabilities, each weighed by how often it agrees with the others.

Goh, Tkachenko, Mueller 2022, "CROWDLAB: Supervised learning to infer consensus labels and quality scores for data with
multiple annotators". Equal to cleanlab 2.9 if every item and every annotator has a vote.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.annotators.labeler_risk import scores
from errata.tools.detectors.annotators.majority import majority_vote
from errata.tools.detectors.annotators.votes import Votes
from errata.tools.detectors.arrays.checks import probabilities
from errata.types import F32, F64, Int, Probs, Scores

LEAST = 1e-6
"""The minimum weight of an annotator or model, and the minimum error of a guess."""


class Crowdlab(NamedTuple):
    """``consensus_N`` i64: the best label; ``quality_N`` f32 in [0, 1], low = bad: its probability.

    ``label_probs_NK`` f32, rows sum to 1. ``annotator_quality_M`` f64 in [0, 1], NaN for an annotator without a vote.
    ``annotator_weight_M`` f64 and ``model_weight``: how much better than a guess each is, at least 1e-6.
    """

    consensus_N: Int
    quality_N: F32
    label_probs_NK: F32
    annotator_quality_M: F64
    annotator_weight_M: F64
    model_weight: float


class _Weights(NamedTuple):
    """``agreement``: share of votes that agree with the consensus, averaged over the items with several."""

    agreement: float
    model: float
    annotator_M: F64


def detect(votes: Votes, probs_NK: ArrayLike, labels_N: ArrayLike | None = None) -> Scores:
    """Scores of the given labels or, without them, of the consensus; ``label_probs`` are CROWDLAB's.

    ``quality`` is the label's probability, low = bad; ``flag``: more likely wrong than right. Raises DataError for
    invalid labels or probabilities, and if no item has two votes.
    """
    together = crowdlab(votes, probs_NK)
    labels = together.consensus_N if labels_N is None else labels_N
    return scores(together.label_probs_NK, labels, np.ones(votes.num_items, np.bool_))


def crowdlab(votes: Votes, probs_NK: ArrayLike) -> Crowdlab:
    """Consensus from votes and out-of-sample class probabilities [N, K]. An item without votes gets the latter.

    Raises DataError for invalid probabilities, and if no item has two votes: agreement could not be measured.
    """
    probs = probabilities(probs_NK, votes.num_items)
    if probs.shape[1] != votes.num_classes:
        raise DataError(f"Votes are over {votes.num_classes} classes, probabilities over {probs.shape[1]}.")
    if votes.per_item_N.max() < 2:
        raise DataError("CROWDLAB needs items with two votes or more, and no item has them. Use Dawid-Skene.")
    majority_N = majority_vote(votes, probs)
    likely_NK = _label_probs(votes, probs, _weigh(votes, probs, majority_N))
    several_N = (likely_NK == likely_NK.max(axis=1, keepdims=True)).sum(axis=1) > 1
    consensus_N = np.where(several_N, majority_N, likely_NK.argmax(axis=1))
    weights = _weigh(votes, probs, consensus_N)
    label_probs_NK = _label_probs(votes, probs, weights).astype(np.float32)
    return Crowdlab(
        consensus_N,
        label_probs_NK[np.arange(votes.num_items), consensus_N],
        label_probs_NK,
        _annotator_quality(votes, label_probs_NK, consensus_N, weights),
        weights.annotator_M,
        weights.model,
    )


def _weigh(votes: Votes, probs_NK: Probs, consensus_N: Int) -> _Weights:
    per_item_N = votes.per_item_N
    shared = np.flatnonzero(per_item_N > 1)
    agree_N = np.bincount(votes.item_V, votes.label_V == consensus_N[votes.item_V], votes.num_items)
    agreement = float((agree_N[shared] / per_item_N[shared]).mean())
    commonest = np.bincount(consensus_N[shared]).argmax()
    guess_error = max(float((consensus_N[shared] != commonest).mean()), LEAST)
    model_error = float((probs_NK[shared].argmax(axis=1) != consensus_N[shared]).mean())
    model = max(1 - model_error / guess_error, LEAST) * np.sqrt(_votes_per_item(votes))
    return _Weights(agreement, float(model), np.maximum(1 - (1 - _alike(votes)) / guess_error, LEAST))


def _alike(votes: Votes) -> F64:
    """f64[M]: how often an annotator's co-annotators gave the same label; without any, the others' mean."""
    others_V = votes.per_item_N[votes.item_V] - 1
    same_V = votes.counts()[votes.item_V, votes.label_V] - 1
    others_M = np.bincount(votes.annotator_V, others_V, votes.num_annotators)
    same_M = np.bincount(votes.annotator_V, same_V, votes.num_annotators)
    return _share_or_mean(same_M, others_M)


def _label_probs(votes: Votes, probs_NK: Probs, weights: _Weights) -> F64:
    """f64[N, K]: mean of the model's row and one row per vote, which holds ``agreement`` at the voted label."""
    weight_V = weights.annotator_M[votes.annotator_V]
    elsewhere = (1 - weights.agreement) / max(votes.num_classes - 1, 1)
    sums_NK = probs_NK * np.float64(weights.model)
    np.add.at(sums_NK, (votes.item_V, votes.label_V), weight_V * (weights.agreement - elsewhere))
    voted_N = np.bincount(votes.item_V, weight_V, votes.num_items)
    sums_NK += (voted_N * elsewhere)[:, None]
    sums_NK /= (voted_N + weights.model)[:, None]
    return sums_NK


def _annotator_quality(votes: Votes, label_probs_NK: F32, consensus_N: Int, weights: _Weights) -> F64:
    """Mean of what the consensus probabilities and the consensus itself say about the annotator's labels."""
    annotator_V, cast_M = votes.annotator_V, votes.per_annotator_M
    confidence_M = np.bincount(annotator_V, label_probs_NK[votes.item_V, votes.label_V], votes.num_annotators)
    shared_V = votes.per_item_N[votes.item_V] > 1
    agree_V = shared_V & (votes.label_V == consensus_N[votes.item_V])
    agreement_M = _share_or_mean(
        np.bincount(annotator_V, agree_V, votes.num_annotators),
        np.bincount(annotator_V, shared_V, votes.num_annotators),
    )
    usual = float(weights.annotator_M[cast_M > 0].mean()) * _votes_per_item(votes)
    share = weights.model / (weights.model + usual)
    quality_M = share * confidence_M / np.maximum(cast_M, 1) + (1 - share) * agreement_M
    return np.where(cast_M > 0, quality_M, np.nan)


def _votes_per_item(votes: Votes) -> float:
    return len(votes.item_V) / np.count_nonzero(votes.per_item_N)


def _share_or_mean(part_M: F64 | Int, whole_M: F64 | Int) -> F64:
    share_M = np.divide(part_M, whole_M, out=np.zeros(len(whole_M)), where=whole_M > 0)
    share_M[whole_M == 0] = share_M[whole_M > 0].mean()
    return share_M

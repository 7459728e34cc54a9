"""Majority vote, and the shares of the votes behind it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.annotators.votes import Votes
from errata.tools.detectors.arrays.checks import probabilities
from errata.types import F32, Int


def vote_shares(votes: Votes) -> F32:
    """f32[N, K], rows sum to 1: each class' share of the item's votes, or of all votes if the item has none."""
    shares_NK = votes.counts()
    per_item_N = votes.per_item_N
    shares_NK /= np.maximum(per_item_N, 1).astype(np.float32)[:, None]
    shares_NK[per_item_N == 0] = _shares_of_all(votes)
    return shares_NK


def majority_vote(votes: Votes, probs_NK: ArrayLike | None = None) -> Int:
    """i64[N]: the class with most votes; for an item without votes the most probable class, or the most common one.

    A tie goes to the class that is more probable for the item; without probabilities to the one with fewer votes
    overall, since a label that is used too often ties too often (cleanlab's rule); then to the first.
    Raises DataError if the probabilities are invalid.
    """
    shares_NK = vote_shares(votes)
    if probs_NK is None:
        liking = 1 - _shares_of_all(votes)
    else:
        liking = probabilities(probs_NK, votes.num_items)
        shares_NK[votes.per_item_N == 0] = 0
    tied_NK = shares_NK == shares_NK.max(axis=1, keepdims=True)
    winner_N: Int = np.where(tied_NK, liking, -1).argmax(axis=1)
    return winner_N


def _shares_of_all(votes: Votes) -> F32:
    return (np.bincount(votes.label_V, minlength=votes.num_classes) / len(votes.label_V)).astype(np.float32)

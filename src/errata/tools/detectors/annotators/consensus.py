"""The consensus of votes: what an item is labeled, as far as people have said."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.annotators.dawid_skene import dawid_skene
from errata.tools.detectors.annotators.majority import majority_vote
from errata.tools.detectors.annotators.votes import NONE, Votes
from errata.types import Int


def consensus(votes: Votes) -> Int:
    """i64[N]: the label with most votes, of several the one that Dawid-Skene finds likelier; -1 without a vote.

    The majority, since it needs no model and everybody can count it again: where the annotators' reliability speaks
    against it, that is a proposal to look at, and not a label that was quietly chosen.
    """
    majority_N = majority_vote(votes, dawid_skene(votes).label_probs_NK)
    return np.where(votes.per_item_N > 0, majority_N, NONE)

"""Long and short history: whether an annotator has recently agreed with the consensus as often as before."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from errata.tools.detectors.annotators.votes import Votes
from errata.types import F64, Bool, Int

RECENT = 50
RECENT_SHARE = 4
"""The short history is the last 50 votes, or the last quarter of fewer than 200."""


class Agreement(NamedTuple):
    """The share of an annotator's votes that equal the consensus, overall and in the short history; NaN without a vote.

    ``fell_M``: it is lower in the short history than chance explains.
    """

    overall_M: F64
    recent_M: F64
    fell_M: Bool


def agreement(votes: Votes, consensus_N: Int, level: float) -> Agreement:
    """Agreement over the items that others labeled too: a lone annotator is the consensus.

    ``fell_M`` by Fisher's exact test, one-sided, at ``level``: whether fewer of the agreeing votes are among the latest
    ones than a random order would put there.
    """
    from scipy.stats import hypergeom

    by_annotator = np.argsort(votes.annotator_V, kind="stable")
    shared = by_annotator[votes.per_item_N[votes.item_V[by_annotator]] > 1]
    annotator_S = votes.annotator_V[shared]
    agree_S = votes.label_V[shared] == consensus_N[votes.item_V[shared]]
    count_M = np.bincount(annotator_S, minlength=votes.num_annotators)
    short_M = np.minimum(RECENT, -(-count_M // RECENT_SHARE))
    to_come_S = np.cumsum(count_M)[annotator_S] - np.arange(len(shared))
    lately_S = to_come_S <= short_M[annotator_S]
    agree_M = np.bincount(annotator_S[agree_S], minlength=votes.num_annotators)
    lately_M = np.bincount(annotator_S[agree_S & lately_S], minlength=votes.num_annotators)
    fell_M = np.asarray(hypergeom.cdf(lately_M, count_M, agree_M, short_M) < level)
    return Agreement(_share(agree_M, count_M), _share(lately_M, short_M), fell_M)


def _share(part_M: Int, whole_M: Int) -> F64:
    share_M: F64 = np.divide(part_M, whole_M, out=np.full(len(whole_M), np.nan), where=whole_M > 0)
    return share_M

"""Krippendorff's alpha: how far annotators agree beyond chance.

Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability". Items with fewer than two votes say nothing of
agreement and are left out; any number of annotators may have voted on each of the others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from errata.tools.detectors.annotators.votes import Votes
from errata.types import F64, Int

DRAWS = 1000
SEED = 0
BLOCK = 1 << 22
"""Counts of the bootstrap held at once: 32 MB."""


class Alpha(NamedTuple):
    """``value`` at most 1 (everybody agrees on everything); 0: as chance would have it; below: against each other.
    ``low`` and ``high``: a 95% interval. All NaN if nothing can be compared: no item has two votes, or all votes are
    the same. ``items`` with two votes or more, and the ``votes`` on them."""

    value: float
    low: float
    high: float
    items: int
    votes: int


def alpha(votes: Votes, *, ordered: bool = False, draws: int = DRAWS, seed: int = SEED) -> Alpha:
    """Over all labels alike, or with labels that are ``ordered`` as their numbers are (a far vote weighs more).

    The interval is of a bootstrap: ``draws`` times as many items, drawn as wholes; none without draws. The distances
    between ordered labels, which depend on how often each occurs, stay those of the data.
    """
    counts_UK = votes.counts()[votes.per_item_N > 1].astype(np.float64)
    total_K = counts_UK.sum(axis=0)
    shape = (len(counts_UK), int(total_K.sum()))
    if np.count_nonzero(total_K) < 2:
        return Alpha(np.nan, np.nan, np.nan, *shape)
    apart_KK = _ordinal(total_K) if ordered else 1 - np.eye(len(total_K))
    # Items whose votes are alike count as one kind: there are few kinds, however many items.
    kinds_JK, items_J = np.unique(counts_UK, axis=0, return_counts=True)
    observed_J = ((kinds_JK @ apart_KK) * kinds_JK).sum(axis=1) / (kinds_JK.sum(axis=1) - 1)
    value = _alphas(items_J[None, :], observed_J, kinds_JK, apart_KK)[0]
    rng, at_once = np.random.default_rng(seed), max(1, BLOCK // len(items_J))
    drawn = [
        _alphas(rng.multinomial(shape[0], items_J / shape[0], size), observed_J, kinds_JK, apart_KK)
        for size in (min(at_once, draws - done) for done in range(0, draws, at_once))
    ]
    low, high = np.nanquantile(np.concatenate(drawn), [0.025, 0.975]).tolist() if draws else (np.nan, np.nan)
    return Alpha(float(value), low, high, *shape)


def of_label(votes: Votes, label: int, *, draws: int = DRAWS) -> Alpha:
    """How far annotators agree on what has this label and what has another."""
    return alpha(replace(votes, label_V=(votes.label_V == label).astype(np.int64), num_classes=2), draws=draws)


def of_annotators(votes: Votes, *annotators: int, ordered: bool = False, draws: int = DRAWS) -> Alpha:
    """How far these annotators agree, on the items that at least two of them labeled."""
    kept_V = np.isin(votes.annotator_V, annotators)
    only = replace(
        votes, item_V=votes.item_V[kept_V], annotator_V=votes.annotator_V[kept_V], label_V=votes.label_V[kept_V]
    )
    return alpha(only, ordered=ordered, draws=draws)


def most_shared(votes: Votes, most: int) -> list[tuple[int, int, int]]:
    """The pairs of annotators with the most items in common, and how many these are."""
    from scipy.sparse import coo_array

    shape = (votes.num_items, votes.num_annotators)
    seen_NM = coo_array((np.ones(len(votes.item_V), np.int64), (votes.item_V, votes.annotator_V)), shape=shape).tocsr()
    seen_NM.data[:] = 1
    together = coo_array(seen_NM.T @ seen_NM)
    first_P, second_P, shared_P = together.row, together.col, together.data
    upper = np.flatnonzero(first_P < second_P)
    order = upper[np.lexsort((second_P[upper], first_P[upper], -shared_P[upper]))][:most]
    return [(int(first_P[p]), int(second_P[p]), int(shared_P[p])) for p in order]


def _alphas(times_BJ: Int, observed_J: F64, kinds_JK: F64, apart_KK: F64) -> F64:
    """f64[B]: alpha if each kind of item occurs so many times; NaN if all votes would be the same."""
    total_BK = times_BJ @ kinds_JK
    expected_B = ((total_BK @ apart_KK) * total_BK).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found_B: F64 = 1 - (total_BK.sum(axis=1) - 1) * (times_BJ @ observed_J) / expected_B
    return np.where(expected_B > 0, found_B, np.nan)


def _ordinal(total_K: F64) -> F64:
    """f64[K, K]: squared distances: how many votes lie between two labels, each end counting half."""
    upto_K = np.cumsum(total_K) - total_K / 2
    distances_KK: F64 = (upto_K[:, None] - upto_K[None, :]) ** 2
    return distances_KK

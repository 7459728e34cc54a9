"""Which labels people mix up with each other: pairs of labels between which the votes on an item are divided."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from errata.tools.detectors.annotators.votes import Votes
from errata.types import Int

LEAST_ITEMS = 5
LEAST_SHARE = 0.1
"""Of the items that got either label from anybody, so many are divided before it is said of the labels."""
STANDS_OUT = 1.5
"""By how much a pair divides more items than its two labels' pairs do on average: carelessness divides all alike. Two
labels have no other pair, and nothing to stand out from."""
LEAST_SIDE = 2
"""So many annotators call divided items one label, and as many the other: fewer are a fault of theirs."""


class Split(NamedTuple):
    """Items with votes for both labels: ``items`` of the ``seen`` that have a vote for either and several votes.
    ``sides``: how many annotators gave each of the two labels to those items."""

    one: int
    other: int
    items: int
    seen: int
    sides: tuple[int, int]


def splits(votes: Votes, most: int) -> list[Split]:
    """The pairs that divide the most items, the largest first: what the labels do not tell apart, as no single person
    can be the cause."""
    from scipy.sparse import coo_array, triu

    several_V = votes.per_item_N[votes.item_V] > 1
    item_V, label_V, annotator_V = votes.item_V[several_V], votes.label_V[several_V], votes.annotator_V[several_V]
    shape = (votes.num_items, votes.num_classes)
    has_NK = coo_array((np.ones(len(item_V), np.int64), (item_V, label_V)), shape=shape).tocsr()
    has_NK.data[:] = 1
    seen_K: Int = np.asarray(has_NK.sum(axis=0))
    together_KK = has_NK.T @ has_NK
    both = triu(together_KK, k=1).tocoo()
    divided_K: Int = np.asarray(together_KK.sum(axis=0)) - together_KK.diagonal()
    labels = max(int((seen_K > 0).sum()), 2)
    found: list[Split] = []
    for p in np.argsort(-both.data, kind="stable"):
        one, other, items = int(both.row[p]), int(both.col[p]), int(both.data[p])
        seen = int(seen_K[one] + seen_K[other] - items)
        if items < LEAST_ITEMS or len(found) == most:
            break
        usual = (divided_K[one] + divided_K[other]) / 2 / (labels - 1)
        if items < LEAST_SHARE * seen or (labels > 2 and items < STANDS_OUT * usual):
            continue
        divided = np.asarray(has_NK[:, [one, other]].sum(axis=1) == 2).ravel()
        sides = [len(np.unique(annotator_V[divided[item_V] & (label_V == label)])) for label in (one, other)]
        if min(sides) >= LEAST_SIDE:
            found.append(Split(one, other, items, seen, (sides[0], sides[1])))
    return found

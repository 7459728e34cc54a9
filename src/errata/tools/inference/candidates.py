"""Which labels an item might have: its given label and those that the detectors favor (ALGORITHMS C1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.top_probs import TopProbs
from errata.types import Int, LabelProbs

PER_DETECTOR = 3
ABSENT = -1
"""In an array of label or item indices: no entry."""


def candidates(given_N: Int, probs: Sequence[LabelProbs], by_judges: Mapping[int, Sequence[int]] | None = None) -> Int:
    """Candidate labels, int[N, C]: the given label first, then each detector's favorites, then those that judges
    favored.

    ``probs``: the detectors' distributions. ``by_judges``: idx -> labels that judges favored. Unused
    places are ABSENT, including column 0 of an item without a given label. No row has a label twice.
    """
    by_judges = by_judges or {}
    columns = [given_N[:, None]] + [_favorites(p_NK) for p_NK in probs]
    width = max((len(labels) for labels in by_judges.values()), default=0)
    named = np.full((len(given_N), width), ABSENT, dtype=np.int64)
    for idx, labels in by_judges.items():
        named[idx, : len(labels)] = labels
    return _without_repeats(np.concatenate([*columns, named], axis=1))


def _favorites(probs_NK: LabelProbs) -> Int:
    items, classes = probs_NK.shape
    top = min(PER_DETECTOR, classes)
    if isinstance(probs_NK, TopProbs):
        return probs_NK.favorites(top)
    favorites_NT = np.empty((items, top), np.int64)

    def find(rows: slice) -> None:
        probs_nK = -probs_NK[rows]
        best_nT = np.argpartition(probs_nK, top - 1, axis=1)[:, :top]
        order_nT = np.argsort(np.take_along_axis(probs_nK, best_nT, axis=1), axis=1, kind="stable")
        favorites_NT[rows] = np.take_along_axis(best_nT, order_nT, axis=1)

    each_block(find, items, classes)
    return favorites_NT


def _without_repeats(labels_NC: Int) -> Int:
    kept = labels_NC.copy()
    for column in range(1, labels_NC.shape[1]):
        seen = (labels_NC[:, :column] == labels_NC[:, column : column + 1]).any(axis=1)
        kept[seen, column] = ABSENT
    return kept

"""Which labels an item might have: its given label and those that the detectors favor (ALGORITHMS C1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from errata.types import F32, Int

PER_DETECTOR = 3
ABSENT = -1
"""In an array of label or item indices: no entry."""


def candidates(given_N: Int, probs: Sequence[F32], by_judges: Mapping[int, Sequence[int]] | None = None) -> Int:
    """Candidate labels, int[N, C]: the given label first, then each detector's favorites, then those that judges
    favored.

    ``probs``: the detectors' distributions, each f32[N, K]. ``by_judges``: idx -> labels that judges favored. Unused
    places are ABSENT, including column 0 of an item without a given label. No row has a label twice.
    """
    by_judges = by_judges or {}
    columns = [given_N[:, None]] + [_favorites(p_NK) for p_NK in probs]
    width = max((len(labels) for labels in by_judges.values()), default=0)
    named = np.full((len(given_N), width), ABSENT, dtype=np.int64)
    for idx, labels in by_judges.items():
        named[idx, : len(labels)] = labels
    return _without_repeats(np.concatenate([*columns, named], axis=1))


def _favorites(probs_NK: F32) -> Int:
    top = min(PER_DETECTOR, probs_NK.shape[1])
    best_NT = np.argpartition(-probs_NK, top - 1, axis=1)[:, :top]
    order = np.argsort(-np.take_along_axis(probs_NK, best_NT, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best_NT, order, axis=1).astype(np.int64)


def _without_repeats(labels_NC: Int) -> Int:
    kept = labels_NC.copy()
    for column in range(1, labels_NC.shape[1]):
        seen = (labels_NC[:, :column] == labels_NC[:, column : column + 1]).any(axis=1)
        kept[seen, column] = ABSENT
    return kept

"""The most probable class of each item, and other facts from the same pass over class probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from errata.tools.detectors.arrays.blocks import each_block
from errata.types import Bool, Int, LabelProbs, Probs

CLOSE = 1e-6
"""Probabilities closer than this count as equal."""


class TopClasses(NamedTuple):
    """``given_N``: the probability of each item's given label. ``top_N``: its most probable class, the first if tied.
    ``highest_N``: the probability of that class."""

    given_N: Probs
    top_N: Int
    highest_N: Probs

    @property
    def close_N(self) -> Bool:
        """bool[N]: the given label is the most probable class, or about as probable."""
        close_N: Bool = self.given_N + CLOSE >= self.highest_N
        return close_N


def top_classes(labels_N: Int, probs_NK: LabelProbs, also: Callable[[slice], object] = lambda rows: None) -> TopClasses:
    """Takes labels 0..K-1 and any probabilities.

    ``also`` is called with each block of rows in turn, while the block is in the core's cache.
    """
    items = len(labels_N)
    found = TopClasses(np.empty(items, probs_NK.dtype), np.empty(items, np.int64), np.empty(items, probs_NK.dtype))

    def look(rows: slice) -> None:
        probs_nK = probs_NK[rows]
        each, top_n = np.arange(len(probs_nK)), probs_nK.argmax(axis=1)
        found.given_N[rows] = probs_nK[each, labels_N[rows]]
        found.top_N[rows] = top_n
        found.highest_N[rows] = probs_nK[each, top_n]
        also(rows)

    each_block(look, *probs_NK.shape)
    return found


def entries(probs_NK: LabelProbs, items: Int, classes: Int) -> Probs:
    """``probs_NK[items, classes]``, in half the time if the array is in row-major order."""
    found: Probs
    if isinstance(probs_NK, np.ndarray) and probs_NK.flags.c_contiguous:
        found = probs_NK.reshape(-1).take(items * probs_NK.shape[1] + classes)
    else:
        found = probs_NK[items, classes]
    return found

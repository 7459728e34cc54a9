"""The result of every method that finds wrong labels: a ranking, and the label it would give instead."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.types import F32, Int


class Ranked(NamedTuple):
    """``quality_N`` f32[N], low = bad; ``suggested_N`` int[N], the label that the method would give instead."""

    quality_N: NDArray[np.floating[Any]]
    suggested_N: Int


def best_other(probs_NK: F32, labels_N: Int) -> Int:
    """int[N]: the most probable label that is not the given one."""
    others_NK = probs_NK.copy()
    others_NK[np.arange(len(labels_N)), labels_N] = -1
    best_N: Int = others_NK.argmax(axis=1)
    return best_N

"""Rows of an N x K array that are made block by block, and then held: all of them, or the likeliest labels of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.top_probs import TopProbs
from errata.types import F32, Int, LabelProbs

BLOCK = 1 << 20
"""Values made at once: enough rows of 3,000 values for a matrix product at full speed."""


class MadeRows:
    """Rows that are made each time they are read, from ``make``: it takes a slice or indices and returns a new f32[n,
    K]."""

    dtype = np.dtype(np.float32)

    def __init__(self, shape: tuple[int, ...], make: Callable[[Any], F32]) -> None:
        self.shape, self._make = shape, make

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> F32:
        return self._make(rows)


def held(rows_NK: LabelProbs, labels_N: Int, kept: int | None) -> LabelProbs:
    """The same, each row read once: as an array or, if ``kept`` is a number, so many labels of each item, the given one
    among them."""
    from threadpoolctl import threadpool_limits

    items, classes = rows_NK.shape
    if kept is None:
        found_NK = np.empty((items, classes), np.float32)

        def fill(rows: slice) -> None:
            found_NK[rows] = rows_NK[rows]

        each_block(fill, items, classes)
        return found_NK
    top = TopProbs.even(items, classes, kept)
    # Each thread works on a block of its own: BLAS' threads would only wait for each other.
    with threadpool_limits(1):
        each_block(lambda rows: top.set(rows, rows_NK[rows], labels_N[rows]), items, classes, block=BLOCK)
    return top

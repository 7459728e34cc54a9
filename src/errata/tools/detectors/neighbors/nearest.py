"""The nearest items found so far for each of many items, while similarities arrive in blocks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from errata.types import F32, Bool, Int

BLOCK = 2048
"""Maximum items per side of a block of similarities: 16 MB, and enough for products to run at full speed."""


class Nearest:
    """The k nearest found so far for each of N items; concurrent calls must not share an item."""

    def __init__(self, items: int, k: int) -> None:
        self._indices_Nk = np.zeros((items, k), np.int64)
        self._similarities_Nk = np.full((items, k), -np.inf, np.float32)
        self._least_N = np.full(items, -np.inf, np.float32)

    def offer(self, rows_R: Int, columns_C: Int, similarities_RC: F32) -> None:
        """Similarities of the items ``rows_R``, each once, to those of ``columns_C``; -inf for pairs that are not
        neighbors."""
        rows, columns = _above(similarities_RC, self._least_N[rows_R], self._indices_Nk.shape[1])
        if len(rows):
            changed = self._merge(rows_R[rows], columns_C[columns], similarities_RC[rows, columns])
            self._least_N[changed] = self._similarities_Nk[changed].min(axis=1)

    def unfilled(self) -> Int:
        """The items that were not offered k others."""
        return np.flatnonzero(np.isneginf(self._least_N))

    def ranked(self) -> tuple[Int, F32]:
        """i64[N, k] and f32[N, k], the nearest first."""
        return ranked(self._indices_Nk, self._similarities_Nk)

    def _merge(self, rows: Int, columns: Int, similarities: F32) -> Int:
        """Keep the k nearest of what each row has and what it is offered. Equal rows are adjacent; returns each
        once."""
        k = self._indices_Nk.shape[1]
        first = np.flatnonzero(np.diff(rows, prepend=-1))
        counts = np.diff(first, append=len(rows))
        items, width = rows[first], k + int(counts.max())
        place = np.repeat(np.arange(len(items)), counts), k + np.arange(len(rows)) - np.repeat(first, counts)
        both_Iw = np.full((len(items), width), -np.inf, np.float32)
        who_Iw = np.zeros((len(items), width), np.int64)
        both_Iw[:, :k], who_Iw[:, :k] = self._similarities_Nk[items], self._indices_Nk[items]
        both_Iw[place], who_Iw[place] = similarities, columns
        kept_Ik = np.argpartition(both_Iw, width - k, axis=1)[:, width - k :]
        self._similarities_Nk[items] = np.take_along_axis(both_Iw, kept_Ik, axis=1)
        self._indices_Nk[items] = np.take_along_axis(who_Iw, kept_Ik, axis=1)
        return items


@contextmanager
def threads() -> Iterator[ThreadPoolExecutor]:
    """A thread for each core, with BLAS' own threads off: a BLAS thread waiting while numpy scans a product uses as
    much CPU as one that works."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as executor:
        yield executor


def nearest_of(items_S: Int, vectors_ND: F32, k: int) -> tuple[Int, F32]:
    """i64[S, k] and f32[S, k]: the k nearest others of a few items by product with all, the nearest first."""
    best = Nearest(len(items_S), k)
    for start in range(0, len(vectors_ND), BLOCK):
        others = np.arange(start, min(start + BLOCK, len(vectors_ND)))
        similarities_SB = vectors_ND[items_S] @ vectors_ND[others].T
        similarities_SB[items_S[:, None] == others] = -np.inf
        best.offer(np.arange(len(items_S)), others, similarities_SB)
    return best.ranked()


def ranked(indices_Nc: Int, similarities_Nc: F32, k: int | None = None) -> tuple[Int, F32]:
    """The ``k`` nearest of each row's candidates, the nearest first; ties in the given order."""
    order_Nk = np.argsort(-similarities_Nc, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(indices_Nc, order_Nk, axis=1), np.take_along_axis(similarities_Nc, order_Nk, axis=1)


def _above(similarities_RC: F32, least_R: F32, k: int) -> tuple[Int, Int]:
    """Where a similarity is above the row's least, row by row; in the first block of a row that would be everywhere."""
    rows, columns = similarities_RC.shape
    if columns > k and np.isneginf(least_R).any():
        near_Rk = np.argpartition(similarities_RC, columns - k, axis=1)[:, columns - k :]
        return np.repeat(np.arange(rows), k), near_Rk.ravel()
    above_RC: Bool = similarities_RC > least_R[:, None]
    if above_RC.flags.f_contiguous:  # a transposed block: read in memory order
        found, rows_of = np.divmod(np.flatnonzero(above_RC.T), rows)
        by_row = np.argsort(rows_of.astype(np.min_scalar_type(rows)), kind="stable")
        return rows_of[by_row], found[by_row]
    found_rows, found_columns = np.divmod(np.flatnonzero(above_RC), columns)
    return found_rows, found_columns

"""The nearest other items of every item by cosine: exact in blocks, and of many items in fewer dimensions first.

No index: with 200,000 items of 384 dimensions an inverted file of the same recall was not done in 210 s, where the
blocks take 114, and up to 50,000 graphs cost more and find less.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from errata.types import F32, Bool, Int

BLOCK = 2048
"""Items on each side of a block of similarities: 16 MB, and long enough that a product runs at full speed."""
EXACT_UP_TO = 10_000
"""Items that are compared in all dimensions: that takes a second."""
LEADING, CANDIDATES = 128, 3
"""Directions in which candidates are looked for, and how many times k. Of MiniLM's 384, 128 find 99% of ten neighbors
among 30 candidates."""
RECALL = 0.95
SAMPLED = 256
"""Items whose exact neighbors say whether a search finds what it should."""
RANKED = 512
"""Items whose candidates are compared at once."""
Progress = Callable[[float], None]
"""Called with the share of the work that is done."""


def search(units_ND: F32, k: int, progress: Progress | None = None) -> tuple[Int, F32]:
    """i64[N, k] and f32[N, k]: the k nearest others of each row of length 1, nearest first, and their cosines.

    Exact up to EXACT_UP_TO items. Beyond, at least RECALL of the true neighbors are found by the leading directions, as
    measured on a sample; exact again where these find less. 0 < k < N.
    """
    if len(units_ND) > EXACT_UP_TO and units_ND.shape[1] > 2 * LEADING and CANDIDATES * k < len(units_ND):
        found = _by_leading_directions(units_ND, k, progress)
        if found is not None:
            return found
    return exact(units_ND, k, progress)


def _by_leading_directions(units_ND: F32, k: int, progress: Progress | None) -> tuple[Int, F32] | None:
    """Candidates by the directions in which the items are largest, compared in all of them; None where these directions
    hold too little of what tells items apart."""
    sample = np.sort(np.random.default_rng(0).choice(len(units_ND), SAMPLED, replace=False))
    leading_NL = units_ND @ _leading(units_ND)
    true_Sk = _exact_of(units_ND[sample], units_ND, k + 1)[0]
    likely_Sc = _exact_of(leading_NL[sample], leading_NL, CANDIDATES * k + 1)[0]
    if _recall(likely_Sc, true_Sk) < RECALL:
        return None
    likely_Nc, _ = exact(leading_NL, CANDIDATES * k, progress)
    indices_Nk, similarities_Nk = np.empty((len(units_ND), k), np.int64), np.empty((len(units_ND), k), np.float32)
    for start in range(0, len(units_ND), RANKED):
        rows = slice(start, start + RANKED)
        cosines_Bc = np.einsum("bd,bcd->bc", units_ND[rows], units_ND[likely_Nc[rows]])
        order_Bk = np.argsort(-cosines_Bc, axis=1, kind="stable")[:, :k]
        indices_Nk[rows] = np.take_along_axis(likely_Nc[rows], order_Bk, axis=1)
        similarities_Nk[rows] = np.take_along_axis(cosines_Bc, order_Bk, axis=1)
    return indices_Nk, similarities_Nk


def _leading(units_ND: F32) -> F32:
    """f32[D, LEADING]: the eigenvectors of the items' second moments with the largest eigenvalues."""
    moments_DD = np.zeros((units_ND.shape[1], units_ND.shape[1]))
    for start in range(0, len(units_ND), 16 * BLOCK):
        block_BD = units_ND[start : start + 16 * BLOCK]
        moments_DD += block_BD.T @ block_BD
    return np.linalg.eigh(moments_DD)[1][:, -LEADING:].astype(np.float32)


def _recall(found_Sc: Int, true_Sk: Int) -> float:
    return float(np.mean([np.isin(true, found).mean() for found, true in zip(found_Sc, true_Sk, strict=True)]))


def exact(units_ND: F32, k: int, progress: Progress | None = None) -> tuple[Int, F32]:
    """The same, always exact. Each product of two blocks serves the items of both, so half of them are never made."""
    from threadpoolctl import threadpool_limits

    best = Nearest(len(units_ND), k)

    def compare(pair: tuple[int, int]) -> None:
        left, right = pair
        similarities_LR = units_ND[left : left + BLOCK] @ units_ND[right : right + BLOCK].T
        if left == right:
            np.fill_diagonal(similarities_LR, -np.inf)
        best.offer(left, right, similarities_LR)
        if left != right:
            best.offer(right, left, similarities_LR.T)

    rounds = _rounds(list(range(0, len(units_ND), BLOCK)))
    # A thread of BLAS that waits while numpy looks through a product burns as much as one that works.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, pairs in enumerate(rounds, start=1):
            list(pool.map(compare, pairs))
            if progress is not None:
                progress(done / len(rounds))
    return best.ranked()


def _rounds(blocks: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Each block with itself, then all pairs in rounds in which no block stands twice: so threads never write to the
    same items, and the order of what an item is offered is always the same (the circle method of tournaments)."""
    circle: list[int | None] = [*blocks, None] if len(blocks) % 2 else [*blocks]
    rounds = [[(block, block) for block in blocks]]
    for _ in range(len(circle) - 1):
        facing = zip(circle[: len(circle) // 2], reversed(circle[len(circle) // 2 :]), strict=True)
        rounds.append([(one, other) for one, other in facing if one is not None and other is not None])
        circle.insert(1, circle.pop())
    return rounds


class Nearest:
    """The k nearest found so far of each of N items."""

    def __init__(self, items: int, k: int) -> None:
        self._indices_Nk = np.zeros((items, k), np.int64)
        self._similarities_Nk = np.full((items, k), -np.inf, np.float32)
        self._least_N = np.full(items, -np.inf, np.float32)

    def offer(self, row: int, column: int, similarities_RC: F32) -> None:
        """Similarities of the items from ``row`` on to those from ``column`` on."""
        rows, columns = _above(similarities_RC, self._least_N[row : row + len(similarities_RC)], self._k)
        if len(rows):
            self._merge(row + rows, column + columns, similarities_RC[rows, columns])
            changed = slice(row, row + len(similarities_RC))
            self._least_N[changed] = self._similarities_Nk[changed].min(axis=1)

    def ranked(self) -> tuple[Int, F32]:
        order_Nk = np.argsort(-self._similarities_Nk, axis=1, kind="stable")
        indices_Nk = np.take_along_axis(self._indices_Nk, order_Nk, axis=1)
        return indices_Nk, np.take_along_axis(self._similarities_Nk, order_Nk, axis=1)

    @property
    def _k(self) -> int:
        return self._indices_Nk.shape[1]

    def _merge(self, rows: Int, columns: Int, similarities: F32) -> None:
        """Of what each row has and what it is offered, the k nearest stay."""
        order = np.lexsort((-similarities, rows))
        rows, columns, similarities = rows[order], columns[order], similarities[order]
        items, first, counts = np.unique(rows, return_index=True, return_counts=True)
        rank = np.arange(len(rows)) - np.repeat(first, counts)
        useful = rank < self._k
        place = np.repeat(np.arange(len(items)), counts)[useful], self._k + rank[useful]
        both_Ik = np.full((len(items), 2 * self._k), -np.inf, np.float32)
        who_Ik = np.zeros((len(items), 2 * self._k), np.int64)
        both_Ik[:, : self._k], who_Ik[:, : self._k] = self._similarities_Nk[items], self._indices_Nk[items]
        both_Ik[place], who_Ik[place] = similarities[useful], columns[useful]
        kept_Ik = np.argpartition(both_Ik, self._k, axis=1)[:, self._k :]
        self._similarities_Nk[items] = np.take_along_axis(both_Ik, kept_Ik, axis=1)
        self._indices_Nk[items] = np.take_along_axis(who_Ik, kept_Ik, axis=1)


def _above(similarities_RC: F32, least_R: F32, k: int) -> tuple[Int, Int]:
    """Where a similarity is above the row's least; in the first block of a row that would be everywhere."""
    rows, columns = similarities_RC.shape
    if np.isneginf(least_R).any() and columns > k:
        near_Rk = np.argpartition(similarities_RC, columns - k, axis=1)[:, columns - k :]
        return np.repeat(np.arange(rows), k), near_Rk.ravel()
    above_RC: Bool = similarities_RC > least_R[:, None]
    if above_RC.flags.f_contiguous:  # a block seen from its other side: read in the order in which it lies
        found, rows_of = np.divmod(np.flatnonzero(above_RC.T), rows)
        return rows_of, found
    found_rows, found_columns = np.divmod(np.flatnonzero(above_RC), columns)
    return found_rows, found_columns


def _exact_of(units_SD: F32, units_ND: F32, k: int) -> tuple[Int, F32]:
    """The k nearest of a few items, themselves among them."""
    best = Nearest(len(units_SD), k)
    for start in range(0, len(units_ND), BLOCK):
        best.offer(0, start, units_SD @ units_ND[start : start + BLOCK].T)
    return best.ranked()

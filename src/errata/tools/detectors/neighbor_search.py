"""The nearest other items of every item by cosine: exact in blocks, or by an index where blocks would take too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errata.types import F32, Bool, Int

BLOCK = 2048
"""Items on each side of a block of similarities: 16 MB, and long enough that a product runs at full speed."""
EXACT_UP_TO = 100_000
"""Items up to which the blocks cost less than an index of the same recall (evals/scan_speed.py)."""
RECALL = 0.95
SAMPLED = 256
"""Items whose exact neighbors say how many lists of the index must be read."""
TRAINED_ON = 40
"""Items per list that the index' centres are learned from."""

Progress = Callable[[float], None]
"""Called with the share of the work that is done."""


def search(units_ND: F32, k: int, progress: Progress | None = None) -> tuple[Int, F32]:
    """i64[N, k] and f32[N, k]: the k nearest others of each row of length 1, nearest first, and their cosines.

    Exact up to EXACT_UP_TO items, and beyond where no index is installed (extra `ann`); otherwise at least RECALL of
    the true neighbors are found, as measured on a sample. 0 < k < N.
    """
    if len(units_ND) > EXACT_UP_TO and find_spec("faiss") is not None:
        return _by_index(units_ND, k, progress)
    return exact(units_ND, k, progress)


def exact(units_ND: F32, k: int, progress: Progress | None = None) -> tuple[Int, F32]:
    """The same, always exact. Each product of two blocks serves the items of both, so half of them are never made."""
    best = Nearest(len(units_ND), k)
    starts = range(0, len(units_ND), BLOCK)
    pairs = len(starts) * (len(starts) + 1) // 2
    for done, (left, right) in enumerate(((a, b) for a in starts for b in starts if a <= b), start=1):
        similarities_LR = units_ND[left : left + BLOCK] @ units_ND[right : right + BLOCK].T
        if left == right:
            np.fill_diagonal(similarities_LR, -np.inf)
        best.offer(left, right, similarities_LR)
        if left != right:
            best.offer(right, left, similarities_LR.T)
        if progress is not None:
            progress(done / pairs)
    return best.ranked()


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


def _by_index(units_ND: F32, k: int, progress: Progress | None) -> tuple[Int, F32]:
    """Items in lists by their nearest centre (inverted file; Jegou, Douze, Schmid 2011), and only the lists of the
    centres nearest to an item are read."""
    import faiss

    count, width = units_ND.shape
    lists = int(4 * np.sqrt(count))
    index: Any = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, lists, faiss.METRIC_INNER_PRODUCT)
    drawn = np.random.default_rng(0).choice(count, min(count, TRAINED_ON * lists), replace=False)
    index.train(units_ND[np.sort(drawn)])
    for rows in _blocks(count):
        index.add(units_ND[rows])
    index.nprobe = _lists_to_read(index, units_ND, drawn[:SAMPLED], k)
    indices_Nk, similarities_Nk = np.empty((count, k), np.int64), np.empty((count, k), np.float32)
    for rows in _blocks(count):
        similarities_Bk, near_Bk = index.search(units_ND[rows], k + 1)
        lost_L = np.flatnonzero(near_Bk[:, -1] < 0)  # alone in the lists that were read
        if len(lost_L):
            near_Bk[lost_L], similarities_Bk[lost_L] = _exact_of(units_ND[rows][lost_L], units_ND, k + 1)
        indices_Nk[rows], similarities_Nk[rows] = _without_self(near_Bk, similarities_Bk, np.arange(count)[rows])
        if progress is not None:
            progress(min(rows.stop, count) / count)
    return indices_Nk, similarities_Nk


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, start + 16 * BLOCK) for start in range(0, count, 16 * BLOCK))


def _lists_to_read(index: Any, units_ND: F32, sample: Int, k: int) -> int:
    """The fewest lists, in steps of a half, with which the sample's neighbors are found."""
    units_SD = units_ND[sample]
    true_Sk = _exact_of(units_SD, units_ND, k + 1)[0]
    lists = 4
    while lists < index.nlist:
        index.nprobe = lists
        found_Sk = index.search(units_SD, k + 1)[1]
        if np.mean([len(set(f) & set(t)) / (k + 1) for f, t in zip(found_Sk, true_Sk, strict=True)]) >= RECALL:
            break
        lists += max(1, lists // 2)
    return min(lists, int(index.nlist))


def _exact_of(units_SD: F32, units_ND: F32, k: int) -> tuple[Int, F32]:
    """The k nearest of a few items, themselves among them."""
    best = Nearest(len(units_SD), k)
    for start in range(0, len(units_ND), BLOCK):
        best.offer(0, start, units_SD @ units_ND[start : start + BLOCK].T)
    return best.ranked()


def _without_self(near_Bk: Int, similarities_Bk: F32, selves_B: Int) -> tuple[Int, NDArray[np.float32]]:
    """k of k + 1 columns: the item itself goes, or the farthest where its copies have displaced it."""
    is_self_Bk = near_Bk == selves_B[:, None]
    is_self_Bk[~is_self_Bk.any(axis=1), -1] = True
    shape = len(near_Bk), near_Bk.shape[1] - 1
    return near_Bk[~is_self_Bk].reshape(shape), similarities_Bk[~is_self_Bk].reshape(shape)

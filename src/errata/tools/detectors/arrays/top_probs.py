"""Probabilities of which each item's likeliest labels are held, and its given one: N x K without N x K numbers.

400,000 items of 3,000 labels are 4.8 GB as an array, and a scan needs several. The labels beyond the likeliest share
what is left of each item's probability evenly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.errors import DataError
from errata.types import F32, Int, LabelProbs

if TYPE_CHECKING:
    from scipy.sparse import csr_array

KEPT = 128
"""Labels held for each item. With 64, and 15 items of each of 400 labels, average precision is .006 below that of
arrays, with 128 it is .002; with 20 of each of 1,000, both are level with it."""
WIDEST = 2 * KEPT
"""Labels up to which an array takes no more room."""
PAIRS = 1 << 13
"""Pairs of items and labels that are looked up at once."""
LARGEST = 1 << 25
"""Items times labels up to which an array, of 134 MB, is kept: it takes two thirds of the CPU."""


def labels_kept(items: int, classes: int) -> int | None:
    """How many labels are held for each item; None if all are, in an array."""
    return KEPT if classes > WIDEST and items * classes > LARGEST else None


class TopProbs:
    """``ids_NM`` i32: M different labels of each item, in no order; ``probs_NM`` f32: their probabilities. ``each_N``
    f32: the probability of each of the other ``classes`` - M labels."""

    dtype = np.dtype(np.float32)

    def __init__(self, ids_NM: NDArray[np.int32], probs_NM: F32, each_N: F32, classes: int) -> None:
        self.ids_NM, self.probs_NM, self.each_N = ids_NM, probs_NM, each_N
        self.shape = len(ids_NM), classes

    @classmethod
    def even(cls, items: int, classes: int, kept: int) -> TopProbs:
        """Every label is as probable as any other."""
        kept = min(kept, classes)
        ids_NM = np.tile(np.arange(kept, dtype=np.int32), (items, 1))
        each_N = np.full(items, 1 / classes, np.float32)
        return cls(ids_NM, np.tile(each_N[:, None], kept), each_N, classes)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        """f32[n, K] for rows, f32[K] for one; of pairs of items and labels, their probabilities."""
        if isinstance(key, tuple):
            return self._entries(*np.broadcast_arrays(*key))
        ids, each = self.ids_NM[key], np.asarray(self.each_N[key])
        found = np.empty((*each.shape, self.shape[1]), np.float32)
        found[...] = each[..., None]
        np.put_along_axis(found, ids, self.probs_NM[key], axis=-1)
        return found

    def __array__(self, *_: Any, **__: Any) -> NDArray[Any]:
        items, classes = self.shape
        raise DataError(
            f"The probabilities of all {classes:,} labels of {items:,} items are asked for at once: of so many, the "
            f"{self.ids_NM.shape[1]} likeliest of each item are kept. Read them by rows, or leave the detector out."
        )

    def set(self, rows: slice, probs_BK: F32, labels_B: Int) -> None:
        """Keep the likeliest labels of these rows, and the given one."""
        kept, each = self.ids_NM.shape[1], np.arange(len(probs_BK))
        # Most labels are about as unlikely as each other, and numpy takes ten times as long if such ties come first.
        order_BK = -probs_BK
        order_BK[each, labels_B] = -np.inf
        ids_BM = np.argpartition(order_BK, kept - 1, axis=1)[:, :kept]
        self.ids_NM[rows], self.probs_NM[rows] = ids_BM, np.take_along_axis(probs_BK, ids_BM, axis=1)
        left_B = probs_BK.sum(axis=1) - self.probs_NM[rows].sum(axis=1)
        self.each_N[rows] = np.maximum(left_B, 0) / (self.shape[1] - kept) if kept < self.shape[1] else 0

    def only(self, rows: Int) -> TopProbs:
        """Of these items, in this order."""
        return TopProbs(self.ids_NM[rows], self.probs_NM[rows], self.each_N[rows], self.shape[1])

    def replaced(self, rows: Int, by: TopProbs) -> TopProbs:
        """The same, except that these rows are those of ``by``."""
        all_NM = TopProbs(self.ids_NM.copy(), self.probs_NM.copy(), self.each_N.copy(), self.shape[1])
        all_NM.ids_NM[rows], all_NM.probs_NM[rows], all_NM.each_N[rows] = by.ids_NM, by.probs_NM, by.each_N
        return all_NM

    def favorites(self, count: int) -> Int:
        """i64[N, count]: each item's likeliest labels, the likeliest first."""
        order_NC = np.argsort(-self.probs_NM, axis=1, kind="stable")[:, :count]
        return np.take_along_axis(self.ids_NM, order_NC, axis=1).astype(np.int64)

    def above_each(self) -> csr_array:
        """csr f32[N, K]: by how much the held labels are likelier than those that are not."""
        from scipy.sparse import csr_array

        items, kept = self.ids_NM.shape
        above_NM = self.probs_NM - self.each_N[:, None]
        return csr_array((above_NM.ravel(), self.ids_NM.ravel(), np.arange(0, items * kept + 1, kept)), self.shape)

    def _entries(self, items: Int, labels: Int) -> F32:
        items_E, labels_E = items.ravel(), labels.ravel()
        found_E = np.array(self.each_N[items_E])
        for start in range(0, len(items_E), PAIRS):
            items_B = items_E[start : start + PAIRS]
            pair_F, place_F = np.nonzero(self.ids_NM[items_B] == labels_E[start : start + PAIRS, None])
            found_E[start + pair_F] = self.probs_NM[items_B[pair_F], place_F]
        return found_E.reshape(items.shape)


def only(probs_NK: LabelProbs, rows: Int) -> LabelProbs:
    """Of these items, in this order."""
    return probs_NK.only(rows) if isinstance(probs_NK, TopProbs) else np.asarray(probs_NK[rows])


def replaced(probs_NK: LabelProbs, rows: Int, by: LabelProbs) -> LabelProbs:
    """A copy in which these rows are those of ``by``."""
    if isinstance(probs_NK, TopProbs) and isinstance(by, TopProbs):
        return probs_NK.replaced(rows, by)
    all_NK = np.array(probs_NK)
    all_NK[rows] = np.asarray(by)
    return all_NK

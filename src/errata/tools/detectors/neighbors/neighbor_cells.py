"""Neighbors of many items, searched only in the cells next to an item: an inverted file (Jegou, Douze, Schmid 2011).

All items that search a cell are compared with it in one product, which a query-by-query search cannot do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from errata.tools.detectors.arrays.by_class import ByClass, by_class
from errata.tools.detectors.arrays.class_sums import class_sums
from errata.tools.detectors.neighbors.nearest import BLOCK, Nearest, nearest_of, threads
from errata.types import F32, Int

CELL = 400
"""Average items per cell: smaller cells find more for the same number of comparisons, larger ones make longer
products."""
SEEN = 50
"""Items per cell used to place the cells."""
ASKING = 1 << 15
"""Items that search together: enough to fill products with each cell."""
RANKED = 4096
"""Items whose cells are ranked at once."""


class Cells(NamedTuple):
    """``centers_CD``, and the items by cell."""

    centers_CD: F32
    by_cell: ByClass


def cells_of(vectors_ND: F32, size: int = CELL) -> Cells:
    """Cells of ``size`` items on average around the means of the items nearest to randomly drawn ones (one round of
    k-means; further rounds found no more)."""
    rng = np.random.default_rng(0)
    count = max(1, len(vectors_ND) // size)
    seen_SD = vectors_ND[np.sort(rng.choice(len(vectors_ND), min(len(vectors_ND), SEEN * count), replace=False))]
    drawn_CD = seen_SD[rng.choice(len(seen_SD), count, replace=False)]
    cells_S = nearest_cells(seen_SD, drawn_CD, 1)[:, 0]
    sizes_C = np.bincount(cells_S, minlength=count)[:, None]
    sums_CD = class_sums(seen_SD, cells_S, count)
    centers_CD = np.where(sizes_C > 0, sums_CD / np.maximum(sizes_C, 1), drawn_CD).astype(np.float32)
    cells_N = nearest_cells(vectors_ND, centers_CD, 1)[:, 0]
    return Cells(centers_CD, by_class(cells_N, count))


def nearest_cells(vectors_ND: F32, centers_CD: F32, count: int) -> Int:
    """i64[N, count]: the cells with the nearest centers, the nearest first."""
    halves_C = np.einsum("cd,cd->c", centers_CD, centers_CD) / 2
    found_Nc = np.empty((len(vectors_ND), count), np.int64)
    for start in range(0, len(vectors_ND), RANKED):
        farness_BC = halves_C - vectors_ND[start : start + RANKED] @ centers_CD.T
        if count == 1:
            found_Nc[start : start + RANKED, 0] = farness_BC.argmin(axis=1)
            continue
        near_Bc = np.argpartition(farness_BC, count - 1, axis=1)[:, :count]
        order_Bc = np.argsort(np.take_along_axis(farness_BC, near_Bc, axis=1), axis=1)
        found_Nc[start : start + RANKED] = np.take_along_axis(near_Bc, order_Bc, axis=1)
    return found_Nc


def search_cells(
    vectors_ND: F32,
    k: int,
    cells: Cells,
    looked_into: int,
    progress: Callable[[float], None] | None = None,
    *,
    asking: int = ASKING,
) -> tuple[Int, F32]:
    """i64[N, k] and f32[N, k]: the nearest others of each item, by product, in the ``looked_into`` cells nearest to it;
    in all cells if these hold fewer than k."""
    best = Nearest(len(vectors_ND), k)
    parts = [cells.by_cell.items[start : start + asking] for start in range(0, len(vectors_ND), asking)]

    def ask(part_A: Int) -> None:
        for asking_B, members in _products(vectors_ND[part_A], cells, looked_into):
            similarities_BM = vectors_ND[part_A[asking_B]] @ vectors_ND[members].T
            similarities_BM[part_A[asking_B][:, None] == members] = -np.inf
            best.offer(part_A[asking_B], members, similarities_BM)

    with threads() as executor:
        for done, _ in enumerate(executor.map(ask, parts), start=1):
            if progress is not None:
                progress(done / len(parts))
    indices_Nk, similarities_Nk = best.ranked()
    lonely = best.unfilled()
    for start in range(0, len(lonely), BLOCK):
        rows = lonely[start : start + BLOCK]
        indices_Nk[rows], similarities_Nk[rows] = nearest_of(rows, vectors_ND, k)
    return indices_Nk, similarities_Nk


def _products(asking_AD: F32, cells: Cells, looked_into: int) -> Iterator[tuple[Int, Int]]:
    """Which of the asking items are compared with which items. The nearest cell of each comes first: its contents spare
    most merges with what the others hold."""
    looked_Ac = nearest_cells(asking_AD, cells.centers_CD, looked_into)
    for cells_Ac in (looked_Ac[:, :1], looked_Ac[:, 1:]):
        asking = by_class(cells_Ac.ravel(), len(cells.centers_CD))
        for cell in np.flatnonzero(np.diff(asking.starts)).tolist():
            asking_Q = asking.members(cell) // cells_Ac.shape[1]
            members = cells.by_cell.members(cell)
            for start in range(0, len(asking_Q), BLOCK):
                for other in range(0, len(members), BLOCK):
                    yield asking_Q[start : start + BLOCK], members[other : other + BLOCK]

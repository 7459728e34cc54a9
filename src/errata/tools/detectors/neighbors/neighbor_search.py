"""The nearest other items of every item by cosine: exact in blocks or, for many items, in fewer dimensions and
cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from errata.tools.detectors.neighbors.nearest import BLOCK, Nearest, nearest_of, ranked, threads
from errata.tools.detectors.neighbors.neighbor_cells import CELL, Cells, cells_of, nearest_cells, search_cells
from errata.types import F32, Bool, Int

EXACT_UP_TO = 10_000
"""Up to this many items are compared in all dimensions, which takes a second."""
LEADING, CANDIDATES = 192, 2
"""Directions in which candidates are searched, and how many times k. Of MiniLM's 384, 192 find 97% of the ten nearest
of 50,000 sentences among 20 candidates; 128 need 50 to find 95%, and these cost more to keep than the products save."""
RECALL = 0.96
"""Share of a sample's true neighbors that a search must find; slightly more than is promised overall."""
SAMPLED = 256
MOST_CELLS = 0.4
"""Share of the cells beyond which it is cheaper to compare all with all, since each product serves both sides."""
MOST_COMPARED = 50_000
"""Maximum comparisons per item: beyond, time grows linearly with the items rather than quadratically."""
RANKED = 512
"""Items whose candidates are compared at once."""
ShareProgress = Callable[[float], None]
"""Called with the share of the work that is done."""


def search(
    units_ND: F32,
    k: int,
    progress: ShareProgress | None = None,
    *,
    exact_up_to: int = EXACT_UP_TO,
    leading: int = LEADING,
    cell: int = CELL,
    most_compared: int = MOST_COMPARED,
) -> tuple[Int, F32]:
    """i64[N, k] and f32[N, k]: the k nearest others of each row of length 1, nearest first, and their cosines.

    Exact up to ``exact_up_to`` items. Beyond, at least .95 of the true neighbors are found, according to a sample,
    unless that takes more than ``most_compared`` comparisons per item: then as many as these find. Searches in
    ``leading`` directions and in cells of ``cell`` items. 0 < k < N.
    """
    if len(units_ND) <= exact_up_to:
        return exact(units_ND, k, progress)
    sample = np.sort(np.random.default_rng(0).choice(len(units_ND), SAMPLED, replace=False))
    true_Sk = nearest_of(sample, units_ND, k)[0]
    vectors_ND, found_Sk = _leading_vectors(units_ND, sample, true_Sk, leading)
    count = k if vectors_ND is units_ND else CANDIDATES * k
    cells = cells_of(vectors_ND, cell)
    looked_into = min(_cells_needed(vectors_ND, cells, sample, true_Sk, found_Sk), most_compared // cell)
    if looked_into > MOST_CELLS * len(cells.centers_CD):
        found_Nc, similarities_Nc = exact(vectors_ND, count, progress)
    else:
        found_Nc, similarities_Nc = search_cells(vectors_ND, count, cells, looked_into, progress)
    return (found_Nc, similarities_Nc) if vectors_ND is units_ND else _nearest_among(found_Nc, units_ND, k)


def _leading_vectors(units_ND: F32, sample: Int, true_Sk: Int, leading: int) -> tuple[F32, Bool]:
    """The items in their leading directions f32[N, leading], and bool[S, k]: which true neighbors of the sample are
    among the candidates there. If too few are, the items unchanged, which miss none."""
    candidates = CANDIDATES * true_Sk.shape[1]
    if units_ND.shape[1] >= 2 * leading and candidates < len(units_ND):
        leading_NL = units_ND @ _leading(units_ND, leading)
        likely_Sc = nearest_of(sample, leading_NL, candidates)[0]
        found_Sk: Bool = (true_Sk[:, :, None] == likely_Sc[:, None]).any(axis=2)
        if found_Sk.mean() >= RECALL:
            return leading_NL, found_Sk
    return units_ND, np.ones(true_Sk.shape, np.bool_)


def _cells_needed(vectors_ND: F32, cells: Cells, sample: Int, true_Sk: Int, found_Sk: Bool) -> int:
    """In how many cells next to an item RECALL of the true neighbors are, of those that comparing would find."""
    order_SC = nearest_cells(vectors_ND[sample], cells.centers_CD, len(cells.centers_CD))
    cells_Sk = nearest_cells(vectors_ND[true_Sk.ravel()], cells.centers_CD, 1).reshape(true_Sk.shape)
    rank_Sk = (order_SC[:, None] == cells_Sk[:, :, None]).argmax(axis=2)
    rank_Sk[~found_Sk] = len(cells.centers_CD)
    return int(np.sort(rank_Sk, axis=None)[int(np.ceil(RECALL * rank_Sk.size)) - 1]) + 1


def _nearest_among(candidates_Nc: Int, units_ND: F32, k: int) -> tuple[Int, F32]:
    indices_Nk, similarities_Nk = np.empty((len(units_ND), k), np.int64), np.empty((len(units_ND), k), np.float32)
    for start in range(0, len(units_ND), RANKED):
        rows = slice(start, start + RANKED)
        cosines_Bc = np.einsum("bd,bcd->bc", units_ND[rows], units_ND[candidates_Nc[rows]])
        indices_Nk[rows], similarities_Nk[rows] = ranked(candidates_Nc[rows], cosines_Bc, k)
    return indices_Nk, similarities_Nk


def exact(units_ND: F32, k: int, progress: ShareProgress | None = None, *, block: int = BLOCK) -> tuple[Int, F32]:
    """The same, always exact. Each product of two blocks serves the items of both, so only half of them are
    computed."""
    best = Nearest(len(units_ND), k)

    def compare(pair: tuple[int, int]) -> None:
        left, right = (np.arange(start, min(start + block, len(units_ND))) for start in pair)
        similarities_LR = units_ND[left[0] : left[-1] + 1] @ units_ND[right[0] : right[-1] + 1].T
        if pair[0] == pair[1]:
            np.fill_diagonal(similarities_LR, -np.inf)
        best.offer(left, right, similarities_LR)
        if pair[0] != pair[1]:
            best.offer(right, left, similarities_LR.T)

    rounds = _rounds(list(range(0, len(units_ND), block)))
    with threads() as executor:
        for done, pairs in enumerate(rounds, start=1):
            list(executor.map(compare, pairs))
            if progress is not None:
                progress(done / len(rounds))
    return best.ranked()


def _leading(units_ND: F32, count: int) -> F32:
    """f32[D, count]: the eigenvectors of the items' second moments with the largest eigenvalues."""
    moments_DD = np.zeros((units_ND.shape[1], units_ND.shape[1]))
    for start in range(0, len(units_ND), 16 * BLOCK):
        block_BD = units_ND[start : start + 16 * BLOCK]
        moments_DD += block_BD.T @ block_BD
    return np.linalg.eigh(moments_DD)[1][:, -count:].astype(np.float32)


def _rounds(blocks: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Each block with itself, then all pairs in rounds in which no block occurs twice, so that threads never write to
    the same items and the order in which items are offered is always the same (the circle method of tournaments)."""
    circle: list[int | None] = [*blocks, None] if len(blocks) % 2 else [*blocks]
    rounds = [[(block, block) for block in blocks]]
    for _ in range(len(circle) - 1):
        facing = zip(circle[: len(circle) // 2], reversed(circle[len(circle) // 2 :]), strict=True)
        rounds.append([(one, other) for one, other in facing if one is not None and other is not None])
        circle.insert(1, circle.pop())
    return rounds

"""Which items of each class to prune: as many as the confident joint counts, the most suspicious first.

Northcutt, Jiang, Chuang 2021, section 3.2; the same items as cleanlab 2.9 if no two margins tie. If items tie at the
cut, the first are pruned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.tools.detectors.arrays.blocks import BLOCK, each_block
from errata.tools.detectors.arrays.by_class import ByClass, by_class
from errata.tools.detectors.arrays.top_classes import CLOSE, TopClasses, entries
from errata.tools.detectors.confident.confident_joint import round_rows
from errata.types import Bool, Int, LabelProbs, Probs

PruneBy = Literal["prune_by_noise_rate", "prune_by_class", "both"]

PIECE = BLOCK // 4
"""Values of cells processed in one go: each comes with the indices of its item and its place."""
HELD = 8
"""Numbers held per cell of the joint while counting."""


class Cells(NamedTuple):
    """Cells of the confident joint: ``count_C`` of the items given ``given_C`` are to be pruned as being ``true_C``."""

    given_C: Int
    true_C: Int
    count_C: Int

    def only(self, which_C: Bool | Int) -> Cells:
        return Cells(self.given_C[which_C], self.true_C[which_C], self.count_C[which_C])


def prune_counts(joint_KK: NDArray[Any], keep_at_least: int, frac_noise: float) -> Int:
    """i64[K, K]: how many to prune per (given, true) class; on the diagonal, how many of each class to keep.

    Every class keeps ``keep_at_least`` items; what is pruned beyond that is scaled by ``frac_noise``.
    """
    counts_KK = np.empty(joint_KK.shape, np.int64)

    def count(rows: slice) -> None:
        own = np.arange(len(joint_KK))[rows]
        each = np.arange(len(own))
        noise_kK = joint_KK[rows].astype(np.float64)
        own_k = noise_kK[each, own]
        kept_k = np.maximum(own_k, keep_at_least)
        # What a class lacks is taken evenly from the rest of its row.
        short = np.flatnonzero(kept_k > own_k)
        noisy_s = np.maximum(np.count_nonzero(noise_kK[short], axis=1) - 1, 1)
        noise_kK[short] -= ((kept_k - own_k)[short] / noisy_s)[:, None]
        np.maximum(noise_kK, 0, out=noise_kK)
        noise_kK[each, own] = 0
        pruned_kK = noise_kK * frac_noise
        noise_kK -= pruned_kK
        pruned_kK[each, own] = kept_k + noise_kK.sum(axis=1)
        counts_KK[rows] = pruned_kK

    each_block(count, len(joint_KK), HELD * len(joint_KK))
    return counts_KK


def counts_to_remove(counts_KK: Int, remove_K: Int, given_K: Int) -> Int:
    """i64[K, K]: the counts scaled so that ``remove_K`` items are pruned.

    By class, these are ``remove_K[a]`` of the items given a. By noise rate they are, as in the reference, about
    ``remove_K[b]`` of the items that are likely b.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share_KK = np.ascontiguousarray(counts_KK.T) / counts_KK.sum(axis=0)
        noise_K = share_KK.sum(axis=1) - share_KK.diagonal()
        removed_KK = np.nan_to_num((share_KK.T * remove_K / noise_K).T, posinf=0)
    np.fill_diagonal(removed_KK, given_K - remove_K)
    return round_rows(removed_KK).T


def prune(
    labels_N: Int, probs_NK: LabelProbs, seen: TopClasses, counts_KK: Int, prune_by: PruneBy, keep_at_least: int
) -> Bool:
    """bool[N]: the items to prune: never one whose given label was ``seen`` to be about the most probable, and none of
    a class with at most ``keep_at_least`` items or only one."""
    sizes_K = np.bincount(labels_N, minlength=len(counts_KK))
    suspect_N: Bool = ~seen.close_N & (sizes_K > max(keep_at_least, 1))[labels_N]
    if prune_by == "prune_by_class":
        return suspect_N & _by_class(labels_N, seen.given_N, sizes_K - counts_KK.diagonal())
    pruned_N = suspect_N & _by_noise_rate(labels_N, seen.given_N, probs_NK, counts_KK, suspect_N)
    if prune_by == "both":
        pruned_N &= _by_class(labels_N, seen.given_N, sizes_K - counts_KK.diagonal())
    return pruned_N


def _by_class(labels_N: Int, given_N: Probs, count_K: Int) -> Bool:
    """Per class, the counted items with the smallest probability of it."""
    pruned_N = np.zeros(len(labels_N), np.bool_)
    classes = np.arange(len(count_K))
    cells = Cells(classes, classes, count_K).only(count_K > 0)
    _prune_lowest(pruned_N, cells, lambda items_cn, _: given_N[items_cn], by_class(labels_N, len(count_K)))
    return pruned_N


def _by_noise_rate(labels_N: Int, given_N: Probs, probs_NK: LabelProbs, counts_KK: Int, suspect_N: Bool) -> Bool:
    """Per cell, the counted items with the smallest margin of the given class over the true one.

    Only suspects matter, and every margin below -2 CLOSE belongs to one: if there are as many of these as the cell
    counts, the other items of the class need not be examined.
    """
    given_C, true_C = np.divmod(np.flatnonzero(counts_KK > 0), len(counts_KK))
    cells = Cells(given_C, true_C, counts_KK[given_C, true_C]).only(given_C != true_C)

    def margins(items_cn: Int, true_c: Int) -> Probs:
        margins_cn: Probs = given_N[items_cn] - entries(probs_NK, items_cn, true_c[:, None])
        return margins_cn

    pruned_N = np.zeros(len(labels_N), np.bool_)
    suspects = by_class(labels_N, len(counts_KK), np.flatnonzero(suspect_N))
    found_C = _prune_lowest(pruned_N, cells, margins, suspects, -2 * CLOSE)
    if not pruned_N[suspect_N].all():
        _prune_lowest(pruned_N, cells.only(found_C < cells.count_C), margins, by_class(labels_N, len(counts_KK)))
    return pruned_N


def _prune_lowest(
    pruned_N: Bool, cells: Cells, values: Callable[[Int, Int], Probs], among: ByClass, below: float = np.inf
) -> Int:
    """Marks the counted items of each cell with the smallest values, if below ``below``. i64[C]: how many.

    ``values`` takes items i64[c, n] and the true classes i64[c] of their cells.
    """
    sizes_C = np.diff(among.starts)[cells.given_C]
    found_C = np.zeros(len(sizes_C), np.int64)

    def prune_some(some_c: Int) -> None:
        given_c, true_c, count_c = cells.only(some_c)
        places_n = np.arange(sizes_C[some_c[-1]])
        inside_cn = places_n < sizes_C[some_c, None]
        items_cn = among.items[np.where(inside_cn, among.starts[given_c, None] + places_n, 0)]
        low_cn = _lowest(np.where(inside_cn, values(items_cn, true_c), np.inf), count_c, below)
        pruned_N[items_cn[low_cn]] = True
        found_C[some_c] = np.count_nonzero(low_cn, axis=1)

    pieces = pieces_of(sizes_C)
    each_block(lambda one: prune_some(pieces[one.start]), len(pieces), BLOCK)
    return found_C


def pieces_of(sizes_C: Int) -> list[Int]:
    """Indices of cells of similar size, so that little space is wasted if each gets the room of the largest."""
    order = np.argsort(sizes_C, kind="stable")
    order = order[sizes_C[order] > 0]
    room = sizes_C[order].cumsum() // PIECE
    twice_as_large = np.frexp(sizes_C[order])[1]
    return np.split(order, np.flatnonzero(np.diff(room) | np.diff(twice_as_large)) + 1) if len(order) else []


def _lowest(values_cn: Probs, count_c: Int, below: float) -> Bool:
    """bool[c, n]: the ``count_c`` smallest values of each row, the first if tied, unless they reach ``below``."""
    last_c = np.sort(values_cn, axis=1)[np.arange(len(count_c)), np.minimum(count_c, values_cn.shape[1]) - 1]
    low_cn: Bool = (values_cn <= last_c[:, None]) & (values_cn < below)
    for row in np.flatnonzero(np.count_nonzero(low_cn, axis=1) > count_c):
        tied = np.flatnonzero(values_cn[row] == last_c[row])
        low_cn[row, tied[count_c[row] - np.count_nonzero(low_cn[row]) :]] = False
    return low_cn

"""Turn scores into probabilities with one temperature."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.held_rows import MadeRows
from errata.tools.detectors.arrays.softmax import softmax
from errata.types import F32, Bool, Int, LabelProbs

TEMPERATURES = np.geomspace(0.02, 200, 50, dtype=np.float32)
ROWS = 4096
"""Enough rows to fit a temperature; more would not change it."""
SMALLEST = 1e-9
"""Minimum probability: what is known of an item may be something no model predicted."""


def probabilities_from(scores_NK: F32, labels_N: Int, weights_N: F32 | None = None) -> F32:
    """f32[N, K]: softmax of the scores times the factor that makes the given labels likeliest. The scores are
    overwritten.

    The scores of an item must not have seen the item's own label, or the factor would grow without bound. A class
    without items has probability 0. ``weights_N``: how much each item counts.
    """
    scores_NK[:, np.bincount(labels_N, minlength=scores_NK.shape[1]) == 0] = -np.inf
    every_n = _every(labels_N)
    weights_n = None if weights_N is None else weights_N[every_n]
    return sharpened(scores_NK, every_n, labels_N[every_n, None] == np.arange(scores_NK.shape[1]), weights_n)


def probability_rows(scores_NK: LabelProbs, labels_N: Int, weights_N: F32 | None = None) -> MadeRows:
    """The same, by rows, and without overwriting the scores."""
    classes = scores_NK.shape[1]
    absent_K = np.bincount(labels_N, minlength=classes) == 0
    every_n = _every(labels_N)

    def scaled(rows: slice | Int, factor: np.float32) -> F32:
        scores_nK: F32 = scores_NK[rows] * factor
        scores_nK[:, absent_K] = -np.inf
        return scores_nK

    evidence_nK = labels_N[every_n, None] == np.arange(classes)
    weights_n = None if weights_N is None else weights_N[every_n]
    factor = likeliest_factor(scaled(every_n, np.float32(1)), evidence_nK, weights_n)
    return MadeRows(scores_NK.shape, lambda rows: softmax(scaled(rows, factor)))


def sharpened(scores_NK: F32, sample_n: Int, evidence_nK: F32 | Bool, weights_n: F32 | None = None) -> F32:
    """f32[N, K]: softmax of the scores times the factor that makes what is known of the sampled rows likeliest. The
    scores are overwritten.

    ``evidence_nK``: the likelihood under each label of what is known of a row; it must not be in the row's own score.
    ``weights_n``: how much each sampled row counts.
    """
    factor = likeliest_factor(scores_NK[sample_n], evidence_nK, weights_n)

    def work(rows: slice) -> None:
        scores_NK[rows] *= factor
        softmax(scores_NK[rows])

    each_block(work, *scores_NK.shape)
    return scores_NK


def likeliest_factor(scores_nK: F32, evidence_nK: F32 | Bool, weights_n: F32 | None = None) -> np.float32:
    """Of TEMPERATURES, the one that ``sharpened`` multiplies by."""

    def likelihood(factor: np.float32) -> float:
        known_n = np.einsum("nk,nk->n", softmax(scores_nK * factor), evidence_nK)
        logs_n = np.log(np.maximum(known_n, SMALLEST, dtype=np.float64))
        return float((logs_n if weights_n is None else logs_n * weights_n).sum())

    return max(TEMPERATURES, key=likelihood)


def _every(labels_N: Int) -> Int:
    """The rows that are fitted to."""
    return np.arange(0, len(labels_N), max(1, len(labels_N) // ROWS))

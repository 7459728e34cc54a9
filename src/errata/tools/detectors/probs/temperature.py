"""Turn scores into probabilities with one temperature."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.softmax import softmax
from errata.types import F32, Bool, Int

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
    every_n = np.arange(0, len(labels_N), max(1, len(labels_N) // ROWS))
    weights_n = None if weights_N is None else weights_N[every_n]
    return sharpened(scores_NK, every_n, labels_N[every_n, None] == np.arange(scores_NK.shape[1]), weights_n)


def sharpened(scores_NK: F32, sample_n: Int, evidence_nK: F32 | Bool, weights_n: F32 | None = None) -> F32:
    """f32[N, K]: softmax of the scores times the factor that makes what is known of the sampled rows likeliest. The
    scores are overwritten.

    ``evidence_nK``: the likelihood under each label of what is known of a row; it must not be in the row's own score.
    ``weights_n``: how much each sampled row counts.
    """
    sample_nK = scores_NK[sample_n]

    def likelihood(factor: np.float32) -> float:
        known_n = np.einsum("nk,nk->n", softmax(sample_nK * factor), evidence_nK)
        logs_n = np.log(np.maximum(known_n, SMALLEST, dtype=np.float64))
        return float((logs_n if weights_n is None else logs_n * weights_n).sum())

    factor = max(TEMPERATURES, key=likelihood)

    def work(rows: slice) -> None:
        scores_NK[rows] *= factor
        softmax(scores_NK[rows])

    each_block(work, *scores_NK.shape)
    return scores_NK

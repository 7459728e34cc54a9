"""Softmax of the rows of an array without a second array of that size; scipy.special's needs three."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from errata.types import F32, F64

Floats = TypeVar("Floats", F32, F64)


def softmax(logits_NK: Floats) -> Floats:
    """float[N, K], rows sum to 1, computed in place."""
    logits_NK -= logits_NK.max(axis=1, keepdims=True)
    np.exp(logits_NK, out=logits_NK)
    logits_NK /= logits_NK.sum(axis=1, keepdims=True)
    return logits_NK

"""Synthetic items with many labels at once, some of whose marks are wrong."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from errata.types import F32, Bool

KINDS = ("word_counts", "sums_of_directions")
MARKED_ITEMS = 1500
LABELS = 8


class Shares(NamedTuple):
    """The ranges, uniform over labels, of the share of a label's marks that are missing and of the absent that are
    set."""

    missing: tuple[float, float] = (0.1, 0.5)
    superfluous: tuple[float, float] = (0.02, 0.02)


class Marked(NamedTuple):
    """Vectors f32[N, D], the labels that truly apply bool[N, K], and the marks with planted errors bool[N, K]."""

    vectors_ND: F32
    true_NK: Bool
    marks_NK: Bool


def marked(kind: str, seed: int, shares: Shares) -> Marked:
    """Vectors of several labels each, some of their marks missing and some superfluous."""
    from sklearn.datasets import make_multilabel_classification

    rng = np.random.default_rng(seed)
    if kind == "word_counts":
        counts_ND, true_NK = make_multilabel_classification(
            MARKED_ITEMS, n_features=60, n_classes=LABELS, length=60, random_state=seed
        )
        vectors_ND, true_NK = np.sqrt(counts_ND), true_NK.astype(np.bool_)
    else:
        true_NK = rng.random((MARKED_ITEMS, LABELS)) < np.linspace(0.08, 0.4, LABELS)
        sums_ND = true_NK @ rng.normal(size=(LABELS, 32)) / np.sqrt(np.maximum(true_NK.sum(axis=1, keepdims=True), 1))
        vectors_ND = sums_ND + 0.8 * rng.normal(size=sums_ND.shape)
    missing_NK = true_NK & (rng.random(true_NK.shape) < rng.uniform(*shares.missing, LABELS))
    superfluous_NK = ~true_NK & (rng.random(true_NK.shape) < rng.uniform(*shares.superfluous, LABELS))
    return Marked(vectors_ND.astype(np.float32), true_NK, (true_NK & ~missing_NK) | superfluous_NK)

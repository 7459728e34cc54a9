"""Labeler risk: the probability that the best label of an item is wrong.

Estes and others 2024, "A region-wide, multi-year set of crop field boundary labels for Africa", Bayesian risk; theirs
is for two classes, min(C, 1 - C) of the weighted consensus C.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import labeled
from errata.types import F32, Bool, Scores

EVEN = 0.5
"""A label below this is more likely wrong than right."""


def labeler_risk(label_probs_NK: F32) -> F32:
    """f32[N] in [0, 1 - 1/K], high = contested: 1 minus the largest probability of a label."""
    risk_N: F32 = 1 - label_probs_NK.max(axis=1)
    return risk_N


def scores(label_probs_NK: F32, labels_N: ArrayLike, known_N: Bool) -> Scores:
    """``quality``: the label's probability, low = bad; ``flag``: it is more likely wrong than right.

    If ``known_N`` is False, there is no evidence about the label: it is not flagged and gets the others' mean quality.
    """
    count, classes = label_probs_NK.shape
    labels = labeled(labels_N, classes)
    if len(labels) != count:
        raise DataError(f"There must be one label for each of the {count} items that were voted on, got {len(labels)}.")
    quality_N = label_probs_NK[np.arange(count), labels]
    quality_N[~known_N] = quality_N[known_N].mean()
    return Scores(quality_N, known_N & (quality_N < EVEN), label_probs_NK)

"""How well a given label fits its item's class probabilities: three scores in [0, 1], low = bad.

Definitions and results are those of cleanlab 2.9 (Northcutt, Jiang, Chuang 2021; Kuan, Mueller 2022).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.tools.detectors.checks import labeled, probabilities
from errata.types import F32, Int

QualityScore = Literal["self_confidence", "normalized_margin", "confidence_weighted_entropy"]
SMALLEST = 1e-6

Probs = NDArray[np.floating[Any]]


def label_quality(labels_N: ArrayLike, probs_NK: ArrayLike, score: QualityScore = "self_confidence") -> F32:
    """f32[N] in [0, 1], low = bad.

    ``self_confidence``: probability of the given label; finds odd items too. ``normalized_margin``: that less the
    largest other, from [-1, 1] to [0, 1]; best for flips between look-alike classes. ``confidence_weighted_entropy``:
    falls with the row's entropy over the self-confidence.
    """
    probs = probabilities(probs_NK, len(np.asarray(labels_N)))
    labels = labeled(labels_N, probs.shape[1])
    if score == "self_confidence":
        return _self_confidence(labels, probs).astype(np.float32)
    if score == "normalized_margin":
        return _normalized_margin(labels, probs).astype(np.float32)
    return _confidence_weighted_entropy(labels, probs).astype(np.float32)


def _self_confidence(labels: Int, probs: Probs) -> Probs:
    given: Probs = probs[np.arange(len(labels)), labels]
    return given


def _normalized_margin(labels: Int, probs: Probs) -> Probs:
    others = probs.copy()
    others[np.arange(len(labels)), labels] = 0
    margin: Probs = (_self_confidence(labels, probs) - others.max(axis=1) + 1) / 2
    return margin


def _confidence_weighted_entropy(labels: Int, probs: Probs) -> Probs:
    """log(1 + r) / r with r = normalized entropy / self-confidence.

    A row without entropy says nothing but yes or no, so its score is the self-confidence. (cleanlab's is 0 there,
    also where the label is right.)
    """
    from scipy.special import xlogy

    given = np.maximum(_self_confidence(labels, probs), SMALLEST)
    entropy = -xlogy(probs, probs).sum(axis=1) / max(np.log(probs.shape[1]), SMALLEST)
    ratio = entropy / given
    score: Probs = np.where(entropy > 0, np.log1p(ratio) / np.maximum(ratio, SMALLEST), given)
    return np.minimum(score, 1)

"""How well a given label fits its item's class probabilities: three scores in [0, 1], low = bad.

Definitions and results are those of cleanlab 2.9 (Northcutt, Jiang, Chuang 2021; Kuan, Mueller 2022).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import SetupError
from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.checks import labeled, probabilities
from errata.tools.detectors.confident.confident_joint import confident_thresholds, self_confidence
from errata.types import F32, Int, LabelProbs, Probs

QualityScore = Literal["self_confidence", "normalized_margin", "confidence_weighted_entropy"]
SMALLEST = 1e-6


def label_quality(
    labels_N: ArrayLike, probs_NK: ArrayLike, score: QualityScore = "self_confidence", *, adjust: bool = False
) -> F32:
    """f32[N] in [0, 1], low = bad.

    ``self_confidence``: probability of the given label; also finds unusual items. ``normalized_margin``: that minus the
    largest other, mapped from [-1, 1] to [0, 1]; best for flips between look-alike classes.
    ``confidence_weighted_entropy``: decreases with the row's entropy over the self-confidence. ``adjust`` corrects for
    differences in confidence between classes (see ``adjusted``). Raises DataError for invalid arrays, SetupError for an
    unknown or unadjustable score.

    A row with all mass on one class has no entropy and only says yes or no: under the third score it gets its
    self-confidence. (cleanlab's is 0 there even if the label is right, as in ``quality_scores``.)
    """
    probs = probabilities(probs_NK, len(np.asarray(labels_N)))
    labels = labeled(labels_N, probs.shape[1])
    quality_N = quality_scores(labels, probs, score, adjust=adjust)
    if score == "confidence_weighted_entropy":
        given_N = self_confidence(labels, probs)
        certain_N = _highest(probs) >= 1 - SMALLEST
        quality_N = np.where(certain_N, given_N, quality_N)
    return np.clip(quality_N, 0, 1).astype(np.float32)


def quality_scores(
    labels_N: Int, probs_NK: LabelProbs, score: QualityScore, *, adjust: bool = False, items: Int | None = None
) -> Probs:
    """The reference's scores of all items, or of ``items``, to the last bit. Takes checked labels and probabilities.

    Raises SetupError for an unknown score, and for adjusting the one that cannot be adjusted.
    """
    if score not in _SCORES:
        raise SetupError(
            f"The label quality score {score!r} is unknown. There are: {', '.join(get_args(QualityScore))}"
        )
    if adjust and score == "confidence_weighted_entropy":
        raise SetupError("Adjusted probabilities have no entropy to weigh: use another score, or do not adjust them.")
    labels = labels_N if items is None else labels_N[items]
    if score == "self_confidence" and not adjust:
        given_n: Probs = probs_NK[np.arange(len(labels)) if items is None else items, labels]
        return given_n
    thresholds_K = confident_thresholds(labels_N, probs_NK) if adjust else None

    def of(rows: slice) -> Probs:
        probs_nK = probs_NK[rows] if items is None else probs_NK[items[rows]]
        if thresholds_K is not None:
            probs_nK = adjusted(probs_nK, thresholds_K)
        return _SCORES[score](labels[rows], probs_nK)

    scores_n = np.empty(len(labels), of(slice(0)).dtype)

    def fill(rows: slice) -> None:
        scores_n[rows] = of(rows)

    each_block(fill, len(labels), probs_NK.shape[1])
    return scores_n


def adjusted(probs_NK: Probs, thresholds_K: Probs) -> Probs:
    """[N, K]: the probabilities minus each class' average where it is given, with rows again summing to 1."""
    shifted_NK = probs_NK - thresholds_K
    shifted_NK += thresholds_K.max(axis=-1, keepdims=True)
    shifted_NK /= shifted_NK.sum(axis=-1, keepdims=True)
    return shifted_NK


def _normalized_margin(labels_N: Int, probs_NK: Probs) -> Probs:
    others_NK = probs_NK.copy()
    others_NK[np.arange(len(labels_N)), labels_N] = 0
    margins_N: Probs = (self_confidence(labels_N, probs_NK) - others_NK.max(axis=1) + 1) / 2
    return margins_N


def _confidence_weighted_entropy(labels_N: Int, probs_NK: Probs) -> Probs:
    """log(1 + r) / r with r = normalized entropy / self-confidence; 0 if there is no entropy."""
    from scipy.special import xlogy

    entropy_N = -xlogy(probs_NK, probs_NK).sum(axis=1) / max(np.log(probs_NK.shape[1]), SMALLEST)
    ratio_N = entropy_N / np.maximum(self_confidence(labels_N, probs_NK), SMALLEST)
    scores_N: Probs = np.log(ratio_N + 1) / np.maximum(ratio_N, SMALLEST)
    return scores_N


_SCORES = {
    "self_confidence": self_confidence,
    "normalized_margin": _normalized_margin,
    "confidence_weighted_entropy": _confidence_weighted_entropy,
}


def _highest(probs_NK: Probs) -> Probs:
    highest_N = np.empty(len(probs_NK), probs_NK.dtype)

    def look(rows: slice) -> None:
        highest_N[rows] = probs_NK[rows].max(axis=1)

    each_block(look, *probs_NK.shape)
    return highest_N

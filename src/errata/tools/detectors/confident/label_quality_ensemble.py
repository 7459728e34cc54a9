"""Label quality under several models' probabilities: the weighted mean of their scores.

Kuan, Mueller 2022, "Model-agnostic label quality scoring to detect real-world label errors"; equal to cleanlab 2.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError, SetupError
from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.checks import labeled, probabilities
from errata.tools.detectors.confident.confident_joint import self_confidence
from errata.tools.detectors.confident.label_quality import SMALLEST, QualityScore, quality_scores
from errata.types import F32, F64, Int, Probs

WeighBy = Literal["accuracy", "uniform", "log_loss_search", "custom"]

SHARPNESS = (1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 2e2)
"""How much better a model must be to be heard alone: what the search chooses from."""


def ensemble_quality(
    labels_N: ArrayLike,
    probs_of_models: Sequence[ArrayLike],
    score: QualityScore = "self_confidence",
    *,
    weigh_by: WeighBy = "accuracy",
    weights_M: ArrayLike | None = None,
    adjust: bool = False,
) -> F32:
    """f32[N] in [0, 1], low = bad (custom weights: in [0, their sum]).

    ``weigh_by``: how often the model's most probable class is the given one (accuracy), all the same (uniform), the
    model's log-loss, as sharply as makes the weighted probabilities of the given labels likeliest (log_loss_search),
    or ``weights_M`` (custom). Raises DataError for unfit arrays, SetupError for options that do not go together.
    """
    if weigh_by not in get_args(WeighBy):
        raise SetupError(f"weigh_by {weigh_by!r} is unknown. There are: {', '.join(get_args(WeighBy))}")
    if (weigh_by == "custom") != (weights_M is not None):
        raise SetupError("Weights go with weigh_by='custom', and that goes with weights.")
    if not len(probs_of_models):
        raise DataError("There must be probabilities of at least one model, got none.")
    probs_M = [probabilities(probs_NK, len(np.asarray(labels_N))) for probs_NK in probs_of_models]
    labels = labeled(labels_N, min(probs_NK.shape[1] for probs_NK in probs_M))
    if weigh_by == "custom":
        weights = np.asarray(weights_M, np.float64)
        if weights.shape != (len(probs_M),):
            raise DataError(f"There must be a weight for each of the {len(probs_M)} models, got shape {weights.shape}.")
    elif weigh_by == "uniform":
        weights = np.full(len(probs_M), 1 / len(probs_M))
    elif weigh_by == "accuracy":
        weights = _shares(np.array([_accuracy(labels, probs_NK) for probs_NK in probs_M]))
    else:
        weights = _by_log_loss(labels, probs_M)
    scores_MN = [quality_scores(labels, probs_NK, score, adjust=adjust) for probs_NK in probs_M]
    mean_N: F64 = sum(weight * scores_N for weight, scores_N in zip(weights, scores_MN, strict=True))
    return mean_N.astype(np.float32)


def _accuracy(labels_N: Int, probs_NK: Probs) -> float:
    right_N = np.empty(len(labels_N), np.bool_)

    def look(rows: slice) -> None:
        right_N[rows] = probs_NK[rows].argmax(axis=1) == labels_N[rows]

    each_block(look, *probs_NK.shape)
    return float(right_N.mean())


def _by_log_loss(labels_N: Int, probs_M: Sequence[Probs]) -> F64:
    """f64[M]: exp(-sharpness * log-loss), the sharpness that makes the given labels likeliest under the mean."""
    given_MN = np.array([self_confidence(labels_N, probs_NK) for probs_NK in probs_M], np.float64)
    floored_MN = np.maximum(given_MN, SMALLEST) / [_floored_sums(probs_NK) for probs_NK in probs_M]
    losses_M = np.array([_log_loss(floored_N) for floored_N in floored_MN])
    weights = [_shares(np.exp(-sharpness * (losses_M - losses_M.min()))) for sharpness in SHARPNESS]
    return min(weights, key=lambda weights_M: _log_loss(weights_M @ given_MN))


def _floored_sums(probs_NK: Probs) -> F64:
    """f64[N]: what the rows sum to where no probability is below SMALLEST."""
    sums_N = np.empty(len(probs_NK))

    def look(rows: slice) -> None:
        sums_N[rows] = np.maximum(probs_NK[rows], SMALLEST).sum(axis=1)

    each_block(look, *probs_NK.shape)
    return sums_N


def _log_loss(given_N: F64) -> float:
    return float(-np.log(np.maximum(given_N, np.finfo(np.float64).eps)).mean())


def _shares(values_M: F64) -> F64:
    total = values_M.sum()
    return values_M / total if total else np.full(len(values_M), 1 / len(values_M))

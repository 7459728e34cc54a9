"""Confident learning for items with several labels or none: one class against the rest, class by class.

Thyagarajan, Snorrason, Northcutt, Mueller 2022, "Identifying Incorrect Annotations in Multi-Label Classification Data";
the same items and scores as cleanlab 2.9. Probabilities are separate for each class: rows need not sum to 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.errors import DataError
from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.checks import multilabeled, probabilities
from errata.tools.detectors.confident.confident_joint import confident_thresholds
from errata.tools.detectors.confident.confident_learning import FilterBy, suspected
from errata.tools.detectors.confident.label_quality import QualityScore, adjusted, quality_scores
from errata.types import F64, Bool, Int, Probs, Scores

WORST = 0.8
"""Weight of an item's worst class in its quality; the next one gets a fifth of that, and so on (the paper's alpha)."""


def detect(labels_NK: ArrayLike, probs_NK: ArrayLike) -> Scores:
    """Scores of items with any number of labels: ``quality`` is mostly the worst self-confidence of a class (given or
    not), low = bad; ``flag``: pruning by noise rate flags one of the classes.

    ``labels_NK``: 1 if the item was given the class. Raises DataError if labels or probabilities are invalid.
    """
    probs = probabilities(probs_NK, len(np.asarray(labels_NK)), exclusive=False)
    labels = multilabeled(labels_NK, probs.shape)
    return Scores(item_quality(labels, probs).astype(np.float32), suspected_items(labels, probs))


def memberships(labels: Sequence[Sequence[int]], num_classes: int) -> Bool:
    """bool[N, K] from lists of class ids. Raises DataError for an id that is not in 0..K-1."""
    labels_NK = np.zeros((len(labels), num_classes), np.bool_)
    for item, classes in enumerate(labels):
        ids = np.asarray(classes)
        if len(ids) and not (ids.dtype.kind in "iu" and ids.min() >= 0 and ids.max() < num_classes):
            raise DataError(f"Item {item} must list classes in 0..{num_classes - 1}, got {list(classes)[:8]}.")
        labels_NK[item, ids.astype(np.int64)] = True
    return labels_NK


def suspected_by_class(
    labels_NK: Bool,
    probs_NK: Probs,
    filter_by: FilterBy = "prune_by_noise_rate",
    *,
    remove_K: Int | None = None,
    joint_K22: NDArray[Any] | None = None,
    **options: Any,
) -> Iterator[Bool]:
    """K times bool[N]: having or not having this class looks wrong. Takes checked input, and the options of
    ``confident_learning.suspected``.

    ``remove_K`` counts items that lack the class, as in cleanlab. ``joint_K22[k]``: index 0 = without the class.
    """
    for k, (labels_N, probs_N) in enumerate(zip(labels_NK.T, probs_NK.T, strict=True)):
        yield suspected(
            labels_N.astype(np.int64),
            one_against_rest(probs_N),
            filter_by,
            remove_K=None if remove_K is None else np.array([remove_K[k], 0]),
            joint_KK=None if joint_K22 is None else joint_K22[k],
            **options,
        )


def suspected_items(
    labels_NK: Bool, probs_NK: Probs, filter_by: FilterBy = "prune_by_noise_rate", **options: Any
) -> Bool:
    """bool[N]: one of the item's classes looks wrong. Takes checked input and the options of ``suspected_by_class``.

    The two filters by low scores flag the items of lowest quality, as many as confident learning flags.
    """
    by_score = filter_by in ("low_normalized_margin", "low_self_confidence")
    flag_N = np.zeros(len(labels_NK), np.bool_)
    for flag_of_class_N in suspected_by_class(
        labels_NK, probs_NK, "confident_learning" if by_score else filter_by, **options
    ):
        flag_N |= flag_of_class_N
    if by_score:
        lowest_n = np.argsort(item_quality(labels_NK, probs_NK))[: np.count_nonzero(flag_N)]
        flag_N = np.zeros(len(labels_NK), np.bool_)
        flag_N[lowest_n] = True
    return flag_N


def item_quality(
    labels_NK: Bool, probs_NK: Probs, score: QualityScore = "self_confidence", *, adjust: bool = False
) -> F64:
    """f64[N] in [0, 1], low = bad: a moving average over the item's classes, from the best to the worst.

    Takes checked input. Each class has the label quality ``score`` of having it versus not having it.
    """
    thresholds_K2 = _thresholds(labels_NK, probs_NK) if adjust else None
    quality_N = np.empty(len(labels_NK))

    def look(rows: slice) -> None:
        best_first_Kn = -np.sort(-_quality_by_class(labels_NK[rows], probs_NK[rows], score, thresholds_K2).T, axis=0)
        quality_n = best_first_Kn[0]
        for worse_n in best_first_Kn[1:]:
            quality_n = WORST * worse_n + (1 - WORST) * quality_n
        quality_N[rows] = quality_n

    each_block(look, *probs_NK.shape)
    return quality_N


def one_against_rest(probs_n: Probs) -> Probs:
    """[..., 2]: the probability of not having the class, and of having it."""
    return np.stack([1 - probs_n, probs_n], axis=-1)


def _quality_by_class(labels_nK: Bool, probs_nK: Probs, score: QualityScore, thresholds_K2: Probs | None) -> Probs:
    probs_nK2 = one_against_rest(probs_nK)
    if thresholds_K2 is not None:
        probs_nK2 = adjusted(probs_nK2, thresholds_K2)
    return quality_scores(labels_nK.ravel().astype(np.int64), probs_nK2.reshape(-1, 2), score).reshape(probs_nK.shape)


def _thresholds(labels_NK: Bool, probs_NK: Probs) -> Probs:
    by_class = zip(labels_NK.T, probs_NK.T, strict=True)
    return np.array(
        [confident_thresholds(labels_N.astype(np.int64), one_against_rest(p_N)) for labels_N, p_N in by_class]
    )

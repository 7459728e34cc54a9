"""Confident learning: which given labels contradict out-of-sample class probabilities.

Northcutt, Jiang, Chuang 2021. Flags and rankings equal those of cleanlab 2.9 wherever no two probabilities tie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.errors import SetupError
from errata.tools.detectors.checks import labeled, probabilities
from errata.tools.detectors.confident_joint import ConfidentJoint, Probs, close_to_given, confident_joint
from errata.tools.detectors.label_quality import QualityScore, label_quality
from errata.types import Bool, Int, Scores

FilterBy = Literal[
    "prune_by_noise_rate",
    "prune_by_class",
    "both",
    "confident_learning",
    "predicted_neq_given",
    "low_normalized_margin",
    "low_self_confidence",
]


def detect(labels_N: ArrayLike, probs_NK: ArrayLike) -> Scores:
    """Scores of labeled items: ``quality`` is the self-confidence (low = bad), ``flag`` pruning by noise rate.

    ``label_probs`` are the probabilities as they came. Raises DataError where labels or probabilities are unfit.
    """
    flag = find_label_issues(labels_N, probs_NK)
    return Scores(label_quality(labels_N, probs_NK), flag, np.asarray(probs_NK, np.float32))


def find_label_issues(
    labels: ArrayLike,
    pred_probs: ArrayLike,
    *,
    return_indices_ranked_by: QualityScore | None = None,
    filter_by: FilterBy = "prune_by_noise_rate",
    frac_noise: float = 1.0,
    min_examples_per_class: int = 1,
) -> NDArray[Any]:
    """bool[N], True where the label looks wrong; or, ranked by a score, the indices of those items, worst first.

    The parameters are cleanlab's. ``frac_noise`` scales how many are flagged by the three ways to prune;
    a class of ``min_examples_per_class`` items or fewer is not pruned. Raises DataError for unfit arrays, SetupError
    for an unknown ``filter_by``.
    """
    probs_NK = probabilities(pred_probs, len(np.asarray(labels)))
    labels_N = labeled(labels, probs_NK.shape[1])
    joint = confident_joint(labels_N, probs_NK)
    if filter_by in ("prune_by_noise_rate", "prune_by_class", "both"):
        joint_KK = _to_prune(joint.calibrated(labels_N), min_examples_per_class, frac_noise)
        flag_N = _prune(labels_N, probs_NK, joint_KK, filter_by, min_examples_per_class)
    elif filter_by == "confident_learning":
        flag_N = _off_diagonal(labels_N, joint)
    elif filter_by == "predicted_neq_given":
        flag_N = np.ones(len(labels_N), np.bool_)
    elif filter_by in ("low_normalized_margin", "low_self_confidence"):
        flag_N = _lowest(labels_N, probs_NK, joint, filter_by)
    else:
        raise SetupError(f"filter_by {filter_by!r} is unknown. There are: {', '.join(get_args(FilterBy))}")
    if not filter_by.startswith("low_"):
        flag_N &= ~close_to_given(labels_N, probs_NK)
    if return_indices_ranked_by is None:
        return flag_N
    found = np.flatnonzero(flag_N)
    return found[np.argsort(label_quality(labels_N, probs_NK, return_indices_ranked_by)[found], kind="stable")]


def _to_prune(joint_KK: Int, keep_at_least: int, frac_noise: float) -> Int:
    """Counts to prune per (given, true): every class keeps ``keep_at_least``, the rest is scaled by ``frac_noise``."""
    kept_K = np.maximum(joint_KK.diagonal(), keep_at_least)
    noisy_K = np.maximum(np.count_nonzero(joint_KK, axis=1) - 1, 1)
    less_K = (kept_K - joint_KK.diagonal()) / noisy_K
    noise_KK = np.maximum(joint_KK - less_K[:, None], 0)
    np.fill_diagonal(noise_KK, 0)
    spared_K = (noise_KK - noise_KK * frac_noise).sum(axis=1)
    counts_KK: Int = (noise_KK * frac_noise + np.diag(kept_K + spared_K)).astype(np.int64)
    return counts_KK


def _prune(labels_N: Int, probs_NK: Probs, joint_KK: Int, filter_by: str, keep_at_least: int) -> Bool:
    flag_N = np.zeros(len(labels_N), np.bool_)
    order = np.argsort(labels_N, kind="stable")
    ends_K = np.searchsorted(labels_N[order], np.arange(len(joint_KK) + 1))
    for given in range(len(joint_KK)):
        rows = order[ends_K[given] : ends_K[given + 1]]
        if len(rows) > max(keep_at_least, 1):
            flag_N[rows] = _PRUNE[filter_by](probs_NK[rows], given, joint_KK[given])
    return flag_N


def _by_noise_rate(probs_nK: Probs, given: int, counts_K: Int) -> Bool:
    """For each other class the counted items with the largest margin of that class over the given one."""
    flag_n = np.zeros(len(probs_nK), np.bool_)
    for true in np.flatnonzero(counts_K):
        if true != given:
            flag_n[_smallest(probs_nK[:, given] - probs_nK[:, true], int(counts_K[true]))] = True
    return flag_n


def _by_class(probs_nK: Probs, given: int, counts_K: Int) -> Bool:
    """The items of one class with the smallest probability of it."""
    flag_n = np.zeros(len(probs_nK), np.bool_)
    flag_n[_smallest(probs_nK[:, given], len(probs_nK) - int(counts_K[given]))] = True
    return flag_n


def _by_both(probs_nK: Probs, given: int, counts_K: Int) -> Bool:
    return _by_noise_rate(probs_nK, given, counts_K) & _by_class(probs_nK, given, counts_K)


_PRUNE: dict[str, Callable[[Probs, int, Int], Bool]] = {
    "prune_by_noise_rate": _by_noise_rate,
    "prune_by_class": _by_class,
    "both": _by_both,
}


def _off_diagonal(labels_N: Int, joint: ConfidentJoint) -> Bool:
    off_N: Bool = (joint.guess_N >= 0) & (joint.guess_N != labels_N)
    return off_N


def _lowest(labels_N: Int, probs_NK: Probs, joint: ConfidentJoint, filter_by: str) -> Bool:
    """As many of the lowest-scoring items as confident learning counts."""
    count = int((_off_diagonal(labels_N, joint) & ~close_to_given(labels_N, probs_NK)).sum())
    score: QualityScore = "normalized_margin" if filter_by == "low_normalized_margin" else "self_confidence"
    flag_N = np.zeros(len(labels_N), np.bool_)
    flag_N[np.argsort(label_quality(labels_N, probs_NK, score), kind="stable")[:count]] = True
    return flag_N


def _smallest(values_n: Probs, count: int) -> Int:
    """Indices of the ``count`` smallest values."""
    if count <= 0:
        return np.empty(0, np.int64)
    if count >= len(values_n):
        return np.arange(len(values_n))
    return np.argpartition(values_n, count - 1)[:count]

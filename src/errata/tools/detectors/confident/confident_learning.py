"""Confident learning: which given labels contradict out-of-sample class probabilities.

Northcutt, Jiang, Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels". The items flagged are
cleanlab 2.9's wherever no two probabilities tie.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.tools.detectors.arrays.checks import floats, labeled
from errata.tools.detectors.arrays.top_probs import TopProbs
from errata.tools.detectors.confident.channel_quality import channel_quality, smoothed_channel
from errata.tools.detectors.confident.confident_joint import ConfidentJoint, checked_joint, confident_joint
from errata.tools.detectors.confident.label_quality import QualityScore, quality_scores
from errata.tools.detectors.confident.pruning import PruneBy, counts_to_remove, prune, prune_counts
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors.copies import shares
from errata.types import Bool, Int, LabelProbs, Scores

FilterBy = Literal[PruneBy, "confident_learning", "predicted_neq_given", "low_normalized_margin", "low_self_confidence"]


def detect(labels_N: ArrayLike, probs_NK: ArrayLike | LabelProbs, copies_N: Int | None = None) -> Scores:
    """Scores of labeled items: ``quality`` is the given label's probability under the noise channel (low = bad),
    ``flag`` pruning by noise rate.

    ``label_probs`` are the probabilities, unchanged. ``copies_N``: groups of copies (``copies.find_groups``); the
    channel counts each once. Raises DataError if labels or probabilities are invalid.
    """
    probs = probs_NK if isinstance(probs_NK, TopProbs) else floats(np.asarray(probs_NK), len(np.asarray(labels_N)))
    labels = labeled(labels_N, probs.shape[1])
    joint = checked_joint(labels, probs)
    joint_KK = joint.calibrated(labels)
    weights_N = shares(copies_N)
    once_KK = joint_KK
    if weights_N is not None:
        once_KK = confident_joint(labels, probs, joint.top_classes, weights_N).calibrated(labels, weights_N)
    quality_N = channel_quality(labels, probs, smoothed_channel(once_KK))
    flag_N = suspected(labels, probs, joint_KK=joint_KK, joint=joint)
    return Scores(quality_N, flag_N, probs if isinstance(probs, TopProbs) else np.asarray(probs, np.float32))


def suspected(
    labels_N: Int,
    probs_NK: LabelProbs,
    filter_by: FilterBy = "prune_by_noise_rate",
    *,
    frac_noise: float = 1.0,
    remove_K: Int | None = None,
    keep_at_least: int = 1,
    joint_KK: NDArray[Any] | None = None,
    joint: ConfidentJoint | None = None,
) -> Bool:
    """bool[N]: the label looks wrong. Takes checked input, and ``joint`` if it was counted already.

    The three ways to prune flag as many items as the calibrated joint counts (or ``joint_KK``, unchanged), scaled by
    ``frac_noise`` or to ``remove_K``, and leave classes of ``keep_at_least`` items alone. The other filters use none of
    these: they flag the items that the joint counts off its diagonal, those whose given label is not the most probable
    one, or the lowest scores, as many as the joint counts off its diagonal.
    """
    joint = confident_joint(labels_N, probs_NK) if joint is None else joint
    if filter_by == "predicted_neq_given":
        return ~joint.top_classes.close_N
    if filter_by in ("prune_by_noise_rate", "prune_by_class", "both"):
        counted_KK = joint.calibrated(labels_N) if joint_KK is None else joint_KK
        counts_KK = prune_counts(counted_KK, keep_at_least, frac_noise)
        if remove_K is not None:
            counts_KK = counts_to_remove(counts_KK, remove_K, np.bincount(labels_N, minlength=len(counts_KK)))
        return prune(labels_N, probs_NK, joint.top_classes, counts_KK, filter_by, keep_at_least)
    off_diagonal_N: Bool = (joint.guess_N >= 0) & (joint.guess_N != labels_N) & ~joint.top_classes.close_N
    if filter_by == "confident_learning":
        return off_diagonal_N
    score: QualityScore = "normalized_margin" if filter_by == "low_normalized_margin" else "self_confidence"
    lowest_n = np.argsort(quality_scores(labels_N, probs_NK, score))[: np.count_nonzero(off_diagonal_N)]
    flag_N = np.zeros(len(labels_N), np.bool_)
    flag_N[lowest_n] = True
    return flag_N


DETECTOR = Detector(
    "confident_learning",
    "out-of-sample probabilities say which labels the rest of the data contradicts",
    ("probs",),
    lambda given: detect(given.labels_N, given.label_probs(), given.found_copies_N),
    default=True,
    in_blocks=True,
)

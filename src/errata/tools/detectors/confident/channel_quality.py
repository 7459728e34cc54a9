"""How probable a given label is under this dataset's label noise: one score for both uniform and look-alike flips.

Self-confidence finds labels drawn at random and out-of-class items; the margin finds flips between look-alike classes;
neither finds what the other does. Bayes' rule with the noise channel is between them, at a point set by the confident
joint.
"""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.detectors.confident.transition import NoiseChannel, from_joint
from errata.types import F32, F64, Int, LabelProbs

FITS_NOTHING = 0.03
"""Weight of the hypothesis that an item is out of class, next to the labels' probabilities. At 0, such items seem right
(average precision on digits with a tenth of such items .87, and .94 here); the larger, the closer the score is to
self-confidence, which misses flips between look-alike classes."""
PSEUDO = 10
"""True items of each class assumed to be mislabeled evenly, in addition to those that the joint counts."""
BLOCK = 1 << 20


def channel_quality(labels_N: Int, probs_NK: LabelProbs, channel: NoiseChannel | None = None) -> F32:
    """f32[N] in [0, 1], low = bad: P(true = given | item, given) under the noise channel, by default this data's own.

    Takes checked input. ``probs_NK`` are out-of-sample.
    """
    channel = noise_channel(labels_N, probs_NK) if channel is None else channel
    reached_KK = np.ascontiguousarray(channel.transition_KK.T, np.float32)  # one row per given label
    right_K = reached_KK.diagonal()
    quality_N = np.empty(len(labels_N), np.float32)
    step = max(1, BLOCK // probs_NK.shape[1])
    for start in range(0, len(labels_N), step):
        labels_B, probs_BK = labels_N[start : start + step], probs_NK[start : start + step]
        right_B = probs_BK[np.arange(len(labels_B)), labels_B] * right_K[labels_B]
        any_B = np.einsum("bk,bk->b", probs_BK, reached_KK[labels_B])
        quality_N[start : start + step] = right_B / (any_B + FITS_NOTHING * right_K[labels_B])
    quality_N *= 1 + FITS_NOTHING
    return np.minimum(quality_N, 1, out=quality_N)


def noise_channel(labels_N: Int, probs_NK: LabelProbs, weights_N: F32 | None = None) -> NoiseChannel:
    """The channel of the calibrated confident joint, in which each item counts as much as its weight."""
    joint = confident_joint(labels_N, probs_NK, weights_N=weights_N)
    return smoothed_channel(joint.calibrated(labels_N, weights_N))


def smoothed_channel(joint_KK: Int) -> NoiseChannel:
    """The channel of a joint i64[K, K] (given, true), shrunk toward uniform noise of the same size if based on few
    items."""
    return from_joint(joint_KK + PSEUDO * even_noise(noise_share(joint_KK), len(joint_KK)))


def noise_share(joint_KK: Int) -> float:
    """The share of labels off the diagonal of a joint i64[K, K]."""
    return float(1 - np.trace(joint_KK) / max(joint_KK.sum(), 1))


def even_noise(noise: float, classes: int) -> F64:
    """f64[K, K], rows sum to 1: the share ``noise`` of every class is spread evenly over all others."""
    even_KK = np.full((classes, classes), noise / max(classes - 1, 1))
    np.fill_diagonal(even_KK, 1 - noise)
    return even_KK

"""How labels go wrong in a dataset, learned from the labels alone, before anyone looked.

Out-of-sample probabilities were fitted to the given labels: if a fifth of those is wrong, they are too flat for the
true ones. So the given labels are explained by both at once, P(given | item) = sum over a of p(a | item) P(given | a)
(forward correction; Patrini, Rozza, Menon, Nock, Qu 2017, section 3.1), where p is a normalized power of the
probabilities. The power is the one that makes the given labels likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from errata.tools.detectors.confident.channel_quality import even_noise, noise_share
from errata.tools.detectors.confident.transition import from_joint
from errata.tools.inference.evidence import least_probability
from errata.types import F32, F64, Int, LabelProbs

POWERS = np.geomspace(0.5, 4, 22)
SHARES = np.linspace(0, 1, 21)
"""How much of the noise in the joint is believed; the rest is the least noise assumed."""
HEDGES = (0.25, 0.5, 0.75)
"""The share of that noise that is uniform: the joint shows which classes are confused, but it mistakes a model's
confusions for people's, and may miss some."""
ROWS = 4096
"""Enough items to fit three numbers."""
TOLERANCE = 0.005
"""By how much, in nats, each label may be less likely than under the likeliest channel. A channel is the same for all
items of a class, but people err on hard items, and then the likeliest channel is too clean. Chosen on planted noise."""
NOISE_BOUNDS = (0.033, 0.5)
"""Before anyone looked, no dataset is assumed to be cleaner than ten well-kept test sets were on average (Northcutt,
Athalye, Mueller 2021), and none to be mostly wrong."""


class LabelNoise(NamedTuple):
    """``transition_KK`` f64, rows sum to 1: [a, b] is P(given = b | true = a). ``power``: raising probabilities of the
    given label to it gives those of the true one; 1 if nothing is wrong, higher the more is."""

    transition_KK: F64
    power: float

    @classmethod
    def accounted_for(cls, num_classes: int) -> LabelNoise:
        """For probabilities that account for the given labels already: these say nothing more."""
        return cls(np.full((num_classes, num_classes), 1 / num_classes), 1.0)


def label_noise(labels_N: Int, probs: Sequence[LabelProbs], joint_KK: Int, weights_N: F32 | None = None) -> LabelNoise:
    """Learn from the given labels (-1: none), the detectors' out-of-sample distributions, and the
    calibrated confident joint, i64[K, K]: given label, then true one. ``weights_N``: how much each item counts.

    The channel is as noisy as the joint shows unless the labels contradict that: the joint also counts errors of a weak
    model.
    """
    labeled = np.flatnonzero(labels_N >= 0)
    sample = labeled[:: max(1, len(labeled) // ROWS)]
    least = least_probability(len(joint_KK))
    logs_nK = np.mean([np.log(np.maximum(p_NK[sample], least)) for p_NK in probs], axis=0)
    parts_3KK, mixtures_SH3 = _parts(joint_KK), _mixtures()
    given_3nK = parts_3KK.transpose(0, 2, 1)[:, labels_N[sample]]
    weights_n = None if weights_N is None else weights_N[sample]
    reached_PSH = np.stack([_likelihoods(power * logs_nK, given_3nK, mixtures_SH3, weights_n) for power in POWERS])
    best_S = reached_PSH.max(axis=(0, 2))
    share = np.flatnonzero(best_S >= best_S.max() - TOLERANCE)[-1]
    power, hedge = np.unravel_index(reached_PSH[:, share].argmax(), (len(POWERS), len(HEDGES)))
    return LabelNoise(np.tensordot(mixtures_SH3[share, hedge], parts_3KK, 1), float(POWERS[power]))


def _parts(joint_KK: Int) -> F64:
    """f64[3, K, K]: the least noise, the joint's channel, and uniform noise of its size."""
    classes = len(joint_KK)
    size = float(np.clip(noise_share(joint_KK), *NOISE_BOUNDS))
    counted_KK = from_joint(_one_left_out(joint_KK)).transition_KK
    return np.stack([even_noise(NOISE_BOUNDS[0], classes), counted_KK, even_noise(size, classes)])


def _mixtures() -> F64:
    """f64[S, H, 3], rows sum to 1: the weight of each part at each share and hedge."""
    share_SH, even_SH = np.meshgrid(SHARES, HEDGES, indexing="ij")
    return np.stack([1 - share_SH, share_SH * (1 - even_SH), share_SH * even_SH], axis=-1)


def _one_left_out(joint_KK: Int) -> F64:
    """The joint without the item itself, for an item counted off the diagonal: its count is spread evenly over the
    other labels of its class. With many classes most of those cells hold one item, which would otherwise explain
    itself."""
    off_KK = ~np.eye(len(joint_KK), dtype=bool)
    counted_KK = np.where(off_KK & (joint_KK > 0), 1.0, 0.0)
    left: F64 = joint_KK - counted_KK + off_KK * counted_KK.sum(axis=0) / max(len(joint_KK) - 1, 1)
    return left


def _likelihoods(logits_nK: F64, given_3nK: F64, mixtures_SH3: F64, weights_n: F32 | None) -> F64:
    """f64[S, H]: mean log-likelihood of the given labels. ``given_3nK``: P(given label | true) by each part."""
    from scipy.special import softmax

    part_n3 = np.einsum("nk,pnk->np", softmax(logits_nK, axis=1), given_3nK)
    reached_SHn = np.maximum(mixtures_SH3 @ part_n3.T, least_probability(logits_nK.shape[1]))
    mean_SH: F64 = np.average(np.log(reached_SHn), axis=-1, weights=weights_n)
    return mean_SH

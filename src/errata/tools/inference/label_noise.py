"""How labels go wrong in a dataset, learned from the labels alone, before anybody looked.

Out-of-sample probabilities were fitted to the labels as given: where a fifth of those is wrong, they are too flat for
the true ones. So the given labels are explained by both at once, P(given | item) = sum over a of p(a | item) P(given |
a) (forward correction; Patrini, Rozza, Menon, Nock, Qu 2017, section 3.1), where p is a power of the probabilities,
made to sum to 1. The power is the one under which the given labels are likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from errata.tools.detectors.confident.channel_quality import even_noise, noise_share
from errata.tools.detectors.confident.transition import from_joint
from errata.tools.inference.evidence import least_probability
from errata.types import F32, F64, Int

POWERS = np.geomspace(0.5, 4, 22)
SHARES = np.linspace(0, 1, 21)
"""How much of the noise that the joint shows is believed in; the rest is the least noise that anybody believes in."""
HEDGES = (0.25, 0.5, 0.75)
"""Part of that noise which is even: the joint knows which classes are confused, but it takes a model's confusions for
people's, and it may have seen none where there are some."""
ROWS = 4096
"""Enough items to choose three numbers by."""
TOLERANCE = 0.005
"""How much less likely each label may become than under the likeliest channel, in nats. A channel is the same for all
items of a class; people err where items are hard, and then the likeliest one is too clean. Chosen on planted noise."""
NOISE_BOUNDS = (0.033, 0.5)
"""Before anybody looked, no dataset is believed to be cleaner than ten well-kept test sets turned out to be on average
(Northcutt, Athalye, Mueller 2021), and none to be mostly wrong."""


class LabelNoise(NamedTuple):
    """``transition_KK`` f64, rows sum to 1: [a, b] is P(given = b | true = a). ``power``: the one to which
    probabilities of the given label are those of the true one; 1 where nothing is wrong, more where much is."""

    transition_KK: F64
    power: float


def label_noise(labels_N: Int, probs: Sequence[F32], joint_KK: Int) -> LabelNoise:
    """From the given labels (-1: none), the detectors' distributions, f32[N, K] each, out of sample, and the calibrated
    confident joint, i64[K, K]: given label, then true one.

    The channel is as noisy as the joint shows, unless the labels contradict that: the joint also counts what a weak
    model gets wrong.
    """
    labeled = np.flatnonzero(labels_N >= 0)
    sample = labeled[:: max(1, len(labeled) // ROWS)]
    least = least_probability(len(joint_KK))
    logs_nK = np.mean([np.log(np.maximum(p_NK[sample], least)) for p_NK in probs], axis=0)
    parts_3KK, mixtures_SH3 = _parts(joint_KK), _mixtures()
    given_3nK = parts_3KK.transpose(0, 2, 1)[:, labels_N[sample]]
    reached_PSH = np.stack([_likelihoods(power * logs_nK, given_3nK, mixtures_SH3) for power in POWERS])
    best_S = reached_PSH.max(axis=(0, 2))
    share = np.flatnonzero(best_S >= best_S.max() - TOLERANCE)[-1]
    power, hedge = np.unravel_index(reached_PSH[:, share].argmax(), (len(POWERS), len(HEDGES)))
    return LabelNoise(np.tensordot(mixtures_SH3[share, hedge], parts_3KK, 1), float(POWERS[power]))


def _parts(joint_KK: Int) -> F64:
    """f64[3, K, K]: the least noise, the joint's channel, and even noise of its size."""
    classes = len(joint_KK)
    size = float(np.clip(noise_share(joint_KK), *NOISE_BOUNDS))
    counted_KK = from_joint(_one_left_out(joint_KK)).transition_KK
    return np.stack([even_noise(NOISE_BOUNDS[0], classes), counted_KK, even_noise(size, classes)])


def _mixtures() -> F64:
    """f64[S, H, 3], rows sum to 1: what of each part, at each share and hedge."""
    share_SH, even_SH = np.meshgrid(SHARES, HEDGES, indexing="ij")
    return np.stack([1 - share_SH, share_SH * (1 - even_SH), share_SH * even_SH], axis=-1)


def _one_left_out(joint_KK: Int) -> F64:
    """The joint as an item sees it that was counted off its diagonal itself: without that count, which goes to all the
    other labels of its class alike. With many classes most of those cells hold one item, and would explain it."""
    off_KK = ~np.eye(len(joint_KK), dtype=bool)
    counted_KK = np.where(off_KK & (joint_KK > 0), 1.0, 0.0)
    left: F64 = joint_KK - counted_KK + off_KK * counted_KK.sum(axis=0) / max(len(joint_KK) - 1, 1)
    return left


def _likelihoods(logits_nK: F64, given_3nK: F64, mixtures_SH3: F64) -> F64:
    """f64[S, H]: mean log-likelihood of the given labels. ``given_3nK``: P(given label | true) by each part."""
    from scipy.special import softmax

    part_n3 = np.einsum("nk,pnk->np", softmax(logits_nK, axis=1), given_3nK)
    reached_SHn = np.maximum(mixtures_SH3 @ part_n3.T, least_probability(logits_nK.shape[1]))
    mean_SH: F64 = np.log(reached_SHn).mean(axis=-1)
    return mean_SH

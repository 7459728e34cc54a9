"""A part of the ablation: methods that one kind of data calls for, measured on such data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from errata.tools.detectors import ensemble
from errata.tools.detectors.confident_joint import confident_joint
from errata.tools.detectors.neighbors import neighbors
from errata.tools.inference.label_noise import label_noise
from errata.types import F32
from evals.planted import Planted
from evals.ranking import span

Figures = Mapping[str, Mapping[str, float]]
"""Of each set of data, its figures by name."""


class Part(NamedTuple):
    """``measure``: the figures of one planting, by its seed. ``said``: sentences about their means, each by the name
    that evals/papers.py calls it by."""

    measure: Callable[[int], Figures]
    said: Callable[[Figures], Mapping[str, str]]


def default_probs(planted: Planted) -> F32:
    """f32[N, K]: what errata thinks of the labels by default."""
    classes = int(planted.labels_N.max()) + 1
    return ensemble.leave_one_out(planted.features_ND, planted.labels_N, classes, neighbors(planted.features_ND))


def posterior(planted: Planted, probs_NK: F32) -> F32:
    """f32[N, K]: of the true label, given the item and its label, as a run knows it before a judge looked."""
    joint_KK = confident_joint(planted.labels_N, probs_NK).calibrated(planted.labels_N)
    noise = label_noise(planted.labels_N, [probs_NK], joint_KK)
    weights_NK = probs_NK**noise.power * noise.transition_KK[:, planted.labels_N].T
    return np.asarray(weights_NK / weights_NK.sum(axis=1, keepdims=True), np.float32)


def over_sets(found: Figures, name: str, sets: Iterable[str] | None = None) -> str:
    """A figure from the least to the greatest of the sets."""
    return span(found[each][name] for each in (found if sets is None else sets))


def rise(found: Figures) -> str:
    """By how much what is ``added`` rises above the ``default``, from the least to the greatest of the sets."""
    return span((of["added"] - of["default"] for of in found.values()), "+")

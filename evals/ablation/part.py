"""A part of the ablation: methods that one kind of data calls for, measured on such data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.tools.detectors.probs import ensemble
from errata.tools.inference.label_noise import label_noise
from errata.types import F32, Int
from evals.data.planted_noise import PlantedNoise
from evals.ranking import span

Figures = Mapping[str, Mapping[str, float]]
"""Of each set of data, its figures by name."""


class Part(NamedTuple):
    """``measure``: the figures of one planting, by its seed. ``said``: sentences about their means, each by the name
    that evals/pages/papers.toml calls it by."""

    measure: Callable[[int], Figures]
    said: Callable[[Figures], Mapping[str, str]]


def default_probs(planted: PlantedNoise, near: Neighbors | None = None) -> F32:
    """f32[N, K]: what errata thinks of the labels by default. Neighbors are searched for where they are not given."""
    classes = int(planted.labels_N.max()) + 1
    near = neighbors(planted.features_ND) if near is None else near
    return ensemble.leave_one_out(planted.features_ND, planted.labels_N, classes, near)


def posterior(labels_N: Int, probs_NK: F32) -> F32:
    """f32[N, K]: of the true label, given the item and its label, as a run knows it before a judge looked."""
    noise = label_noise(labels_N, [probs_NK], confident_joint(labels_N, probs_NK).calibrated(labels_N))
    posterior_NK: F32 = probs_NK**noise.power * noise.transition_KK.T[labels_N].astype(np.float32)
    posterior_NK /= posterior_NK.sum(axis=1, keepdims=True)
    return posterior_NK


def over_sets(found: Figures, name: str, sets: Iterable[str] | None = None) -> str:
    """A figure from the least to the greatest of the sets."""
    return span(found[each][name] for each in (found if sets is None else sets))


def rise(found: Figures) -> str:
    """By how much what is ``added`` rises above the ``default``, from the least to the greatest of the sets."""
    return span((of["added"] - of["default"] for of in found.values()), "+")

"""A part of the ablation: methods for one kind of data, measured on such data."""

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
"""The figures of each dataset, by name."""


class Part(NamedTuple):
    """``measure``: the figures of one planting, by its seed. ``said``: sentences about their means, each by its name in
    evals/pages/papers.toml."""

    measure: Callable[[int], Figures]
    said: Callable[[Figures], Mapping[str, str]]


def default_probs(planted: PlantedNoise, near: Neighbors | None = None) -> F32:
    """f32[N, K]: errata's default probabilities. Neighbors are searched for if not given."""
    classes = int(planted.labels_N.max()) + 1
    near = neighbors(planted.features_ND) if near is None else near
    return ensemble.leave_one_out(planted.features_ND, planted.labels_N, classes, near)


def posterior(labels_N: Int, probs_NK: F32) -> F32:
    """f32[N, K]: of the true label, given the item and its label, as in a run before a judge looked."""
    noise = label_noise(labels_N, [probs_NK], confident_joint(labels_N, probs_NK).calibrated(labels_N))
    posterior_NK: F32 = probs_NK**noise.power * noise.transition_KK.T[labels_N].astype(np.float32)
    posterior_NK /= posterior_NK.sum(axis=1, keepdims=True)
    return posterior_NK


def over_sets(found: Figures, name: str, sets: Iterable[str] | None = None) -> str:
    """The minimum and maximum of a figure over the sets."""
    return span(found[each][name] for each in (found if sets is None else sets))


def rise(found: Figures) -> str:
    """By how much ``added`` exceeds ``default``, from the minimum to the maximum over the sets."""
    return span((of["added"] - of["default"] for of in found.values()), "+")

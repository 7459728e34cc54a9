"""Planted noise: labels made wrong on purpose, in three ways, on scikit-learn's digits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

import numpy as np

from errata.tools.features.embedder import unit_rows
from errata.types import F32, Bool, Int

Kind = Literal["even", "look_alike", "fits_nothing"]
UNKNOWN = -1
FEATURES = {"digits": 0.0, "blurred": 0.45}
"""Noise on the pixels, relative to full brightness: none, and enough to make the features weak."""
FLIPS: tuple[Kind, ...] = ("even", "look_alike")
FLIPPED, OUT_OF_CLASS = 0.2, 0.1
"""Share of the labels that are flipped; out-of-class items, as a share of the others."""


class PlantedNoise(NamedTuple):
    """``features_ND``, the ``labels_N`` to check, and the truth (UNKNOWN: no class is right)."""

    features_ND: F32
    labels_N: Int
    truth_N: Int

    @property
    def wrong_N(self) -> Bool:
        return np.not_equal(self.labels_N, self.truth_N)


def digits(blurred: float = 0.0) -> tuple[F32, Int]:
    """Pixels in [0, 1], with normal noise of the given size on them: weak features; and the true labels."""
    from sklearn.datasets import load_digits

    pixels_ND, truth_N = load_digits(return_X_y=True)
    noise_ND = np.random.default_rng(7).standard_normal(pixels_ND.shape)
    return np.asarray(pixels_ND / 16 + blurred * noise_ND, np.float32), truth_N


def flipped(seed: int, features: Collection[str] = tuple(FEATURES)) -> Iterator[tuple[str, PlantedNoise]]:
    """A fifth of the labels of each of these digits wrong, in either way, and the name of that."""
    for name in features:
        for kind in FLIPS:
            yield f"{name}, {kind.replace('_', ' ')}", plant(*digits(FEATURES[name]), kind, FLIPPED, seed)


def plant(features_ND: F32, truth_N: Int, kind: Kind, share: float, seed: int) -> PlantedNoise:
    """Plant errors in a share of the labels: any other class; the class whose mean looks most similar; or that many
    additional items that fit no class (half of them two items overlaid, half with scrambled features) under any
    label."""
    rng = np.random.default_rng(seed)
    if kind == "fits_nothing":
        return _with_out_of_class(features_ND, truth_N, share, rng)
    classes, labels_N = int(truth_N.max()) + 1, truth_N.copy()
    rows = rng.choice(len(truth_N), round(share * len(truth_N)), replace=False)
    if kind == "even":
        labels_N[rows] = (truth_N[rows] + rng.integers(1, classes, len(rows))) % classes
    else:
        labels_N[rows] = _most_alike(features_ND, truth_N, classes)[truth_N[rows]]
    return PlantedNoise(features_ND, labels_N, truth_N)


def _most_alike(features_ND: F32, truth_N: Int, classes: int) -> Int:
    units_ND = unit_rows(features_ND)
    means_KD = np.stack([units_ND[truth_N == k].mean(axis=0) for k in range(classes)])
    centered_KD = unit_rows((means_KD - means_KD.mean(axis=0)).astype(np.float32))
    alike_KK = centered_KD @ centered_KD.T
    np.fill_diagonal(alike_KK, -np.inf)
    nearest_K: Int = alike_KK.argmax(axis=1)
    return nearest_K


def _with_out_of_class(features_ND: F32, truth_N: Int, share: float, rng: np.random.Generator) -> PlantedNoise:
    count, units_ND = round(share * len(truth_N)), unit_rows(features_ND)
    one, other = units_ND[rng.integers(0, len(truth_N), (2, count))]
    scrambled = 0.7 * rng.permuted(one, axis=1) + 0.3 * other
    out_of_class = unit_rows(np.where((np.arange(count) % 2 == 0)[:, None], one + other, scrambled).astype(np.float32))
    order = rng.permutation(len(truth_N) + count)
    labels = np.concatenate([truth_N, rng.integers(0, truth_N.max() + 1, count)])
    truth = np.concatenate([truth_N, np.full(count, UNKNOWN)])
    return PlantedNoise(np.concatenate([units_ND, out_of_class])[order], labels[order], truth[order])

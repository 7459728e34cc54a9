"""Label sharpness and intrinsic dimension of made points whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from errata.tools.detectors.neighbors.copies import ALONE
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.tools.features.geometry import intrinsic_dimension, label_sharpness, usual_distance
from errata.types import F32, Int


def on_a_sphere(dimension: int, count: int = 2000, within: int = 40) -> F32:
    """Unit vectors on a sphere of this dimension, in a space of more."""
    points = np.random.default_rng(dimension).standard_normal((count, dimension + 1))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return np.pad(points, ((0, 0), (0, within - dimension - 1))).astype(np.float32)


def alone(count: int) -> Int:
    return np.full(count, ALONE)


@pytest.mark.parametrize("dimension", [1, 2, 5, 10])
def test_the_dimension_is_that_of_the_surface_and_not_of_the_space(dimension: int) -> None:
    found = intrinsic_dimension(neighbors(on_a_sphere(dimension)), alone(2000))
    assert found == pytest.approx(dimension, rel=0.2)


def test_sharpness_is_how_much_nearer_the_nearest_pair_under_two_labels_is() -> None:
    angles = np.array([0.0, 0.1, 0.2, 0.25, 1.5])
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    near, labels = neighbors(points, k=3), np.array([0, 0, 0, 1, 1])
    found = label_sharpness(near, labels, alone(5), 1.0)
    assert found == pytest.approx(1 / (2 * np.sin(0.025)), rel=1e-3)
    assert label_sharpness(near, np.zeros(5, np.int64), alone(5), 1.0) is None
    copies = np.array([ALONE, ALONE, 0, 0, ALONE])
    assert label_sharpness(near, labels, copies, 1.0) == pytest.approx(1 / (2 * np.sin(0.075)), rel=1e-3)


def test_the_usual_distance_is_that_of_random_pairs() -> None:
    points = np.eye(4, dtype=np.float32) * 3
    assert usual_distance(points, np.arange(4)) == pytest.approx(np.sqrt(2))
    assert usual_distance(points, np.array([2])) == 0.0


def test_where_all_are_copies_nothing_is_said() -> None:
    near = Neighbors(np.array([[1], [0]]), np.ones((2, 1), np.float32))
    assert intrinsic_dimension(near, alone(2)) is None
    assert label_sharpness(near, np.array([0, 1]), alone(2), 1.0) is None

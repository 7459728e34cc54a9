"""Synthetic data for tests of detectors: well-separated classes, with wrong labels, and degenerate inputs."""

import numpy as np

from errata.types import F32, Bool, Int, Scores

DEGENERATE = [
    (np.zeros((6, 3)), [0, 0, 1, 1, 2, 2], 3),
    (np.ones((6, 3), np.float16), [0, 0, 1, 1, 1, 2], 9),
    (np.eye(1), [0], 1),
    (np.eye(5), [0, 0, 0, 0, 0], 1),
    (np.eye(5), [0, 1, 2, 3, 4], 12),
    (np.arange(8.0).reshape(4, 2)[:, ::-1], [0, 0, 0, 1], 2),
]
"""Vectors, labels and the number of classes: constant features, half precision, one item, one class, every item in its
own class plus unused classes, strided arrays."""


def blobs(per_class: int = 60, classes: int = 3, seed: int = 0) -> tuple[F32, Int]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    return (5 * np.eye(classes, 6)[labels] + rng.normal(size=(len(labels), 6))).astype(np.float32), labels


def flipped(labels: Int, classes: int, rate: float, seed: int = 0) -> tuple[Int, Bool]:
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(labels)) < rate
    return np.where(wrong, (labels + rng.integers(1, classes, len(labels))) % classes, labels), wrong


def planted(share: float = 0.1, per_class: int = 60, seed: int = 0) -> tuple[F32, Int, Bool, Int]:
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(3), per_class)
    vectors = (5 * np.eye(3, 8)[truth] + rng.normal(size=(len(truth), 8))).astype(np.float32)
    wrong = rng.random(len(truth)) < share
    return vectors, np.where(wrong, (truth + 1) % 3, truth), wrong, truth


def distribution(scores: Scores) -> F32:
    """f32[N, K]: the labels' probabilities, of a detector that has them."""
    assert isinstance(scores.label_probs, np.ndarray)
    return scores.label_probs

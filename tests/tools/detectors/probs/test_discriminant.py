"""The discriminant: truly leave-one-out, finds planted flips, safe on degenerate input."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from errata.errors import DataError
from errata.tools.detectors.probs.discriminant import detect, leave_one_out, left_out_scores
from errata.types import F32, Int
from tests.tools.detectors.made import distribution


def blobs(per_class: int = 40, classes: int = 3, seed: int = 0) -> tuple[F32, Int]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    return (5 * np.eye(classes, 6)[labels] + rng.normal(size=(len(labels), 6))).astype(np.float32), labels


def test_planted_flips_get_the_lowest_quality_and_their_true_label() -> None:
    vectors, labels = blobs()
    given, wrong = labels.copy(), [5, 50, 100]
    given[wrong] = (given[wrong] + 1) % 3
    scores = detect(vectors, given, 3)
    assert set(np.argsort(scores.quality)[:3]) == set(wrong)
    assert distribution(scores)[wrong].argmax(axis=1).tolist() == labels[wrong].tolist()


def test_each_row_equals_a_model_that_was_fitted_without_it() -> None:
    vectors, labels = blobs(per_class=10)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    means = np.stack([units[labels == k].mean(axis=0) for k in range(3)])
    round_spread = 0.1 * ((units - means[labels]) ** 2).sum() / 30 / 6 * np.eye(6)
    scores = left_out_scores(vectors, labels, 3)
    for left_out in (0, 13, 29):
        rest = np.arange(30) != left_out
        means = np.stack([units[rest & (labels == k)].mean(axis=0) for k in range(3)])
        apart = (units - means[labels])[rest]
        spread = np.linalg.inv(0.9 * apart.T @ apart / 30 + round_spread)
        expected = [-(units[left_out] - mean) @ spread @ (units[left_out] - mean) / 2 for mean in means]
        assert scores[left_out].tolist() == pytest.approx(expected, rel=1e-4)


def test_permuted_class_ids_permute_the_probabilities() -> None:
    vectors, labels = blobs()
    order = np.array([2, 0, 1])
    permuted = leave_one_out(vectors, np.argsort(order)[labels], 3)
    np.testing.assert_allclose(permuted, leave_one_out(vectors, labels, 3)[:, order], atol=1e-4)


def test_an_absent_class_has_no_probability() -> None:
    vectors, labels = blobs()
    assert leave_one_out(vectors, labels, 5)[:, 3:].max() == 0


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    [
        (np.zeros((6, 3)), [0, 0, 1, 1, 2, 2], 3),
        (np.ones((6, 3), np.float16), [0, 0, 1, 1, 1, 2], 9),
        (np.eye(1), [0], 1),
        (np.eye(5), [0, 1, 2, 3, 4], 5),
        (np.arange(8.0).reshape(4, 2)[:, ::-1], [0, 0, 0, 1], 2),
    ],
)
def test_degenerate_input_gives_finite_distributions(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    probs = distribution(detect(vectors, np.array(labels), classes))
    assert np.isfinite(probs).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)


def test_nan_is_refused() -> None:
    with pytest.raises(DataError, match="Row 0"):
        detect(np.array([[np.nan], [1.0]]), np.array([0, 1]), 2)

"""Neighbors: exact against brute force, votes by hand, safe on degenerate input."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from errata.errors import DataError, SetupError
from errata.tools.detectors.neighbors import agreement
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbor_votes, neighbors
from errata.types import F32, Int, Scores
from tests.tools.detectors.made import distribution


def blobs(per_class: int = 30, seed: int = 0) -> tuple[F32, Int]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), per_class)
    return (5 * np.eye(3, 8)[labels] + rng.normal(size=(len(labels), 8))).astype(np.float32), labels


def detect(vectors: NDArray[Any], labels: Int, classes: int) -> Scores:
    return agreement.detect(neighbors(vectors), labels, classes)


def test_neighbors_equal_brute_force() -> None:
    vectors, _ = blobs()
    cosine = (vectors @ vectors.T) / np.outer(np.linalg.norm(vectors, axis=1), np.linalg.norm(vectors, axis=1))
    np.fill_diagonal(cosine, -np.inf)
    indices, similarities = neighbors(vectors, 5)
    np.testing.assert_array_equal(indices, np.argsort(-cosine, axis=1)[:, :5])
    np.testing.assert_allclose(similarities, -np.sort(-cosine, axis=1)[:, :5], rtol=1e-5)


def test_an_exact_duplicate_is_a_neighbor_and_the_item_itself_is_not() -> None:
    indices, similarities = neighbors(np.array([[1, 0], [1, 0], [0, 1]], np.float32), 1)
    assert indices[:2, 0].tolist() == [1, 0]
    assert similarities[0, 0] == pytest.approx(1)


def test_with_all_items_equal_no_item_is_its_own_neighbor() -> None:
    indices, _ = neighbors(np.ones((30, 4), np.float32), 10)
    assert not (indices == np.arange(30)[:, None]).any()


def test_there_are_never_more_neighbors_than_other_items() -> None:
    assert neighbors(np.eye(3, dtype=np.float32), 10)[0].shape == (3, 2)
    assert neighbors(np.eye(1, dtype=np.float32), 10)[0].shape == (1, 0)
    assert neighbors(np.empty((0, 4), np.float32), 10)[0].shape == (0, 0)


def test_votes_of_a_hand_computed_case() -> None:
    # Item 0 sees item 1 (class 1) at 1.0 and item 2 (class 0) at .5; classes are shared out 2/3 to 1/3.
    indices, similarities = np.array([[1, 2], [0, 2], [0, 1]]), np.array([[1, 0.5], [1, -0.3], [0.5, -0.3]], np.float32)
    votes = neighbor_votes(Neighbors(indices, similarities), np.array([0, 1, 0]), 2)
    assert votes[0].tolist() == pytest.approx([(0.5 + 2 / 3) / 2.5, (1 + 1 / 3) / 2.5])
    assert votes[1].tolist() == pytest.approx([(1 + 2 / 3) / 2, (1 / 3) / 2])
    assert votes.sum(axis=1).tolist() == pytest.approx([1, 1, 1])


def test_planted_flips_are_found() -> None:
    vectors, labels = blobs()
    given = labels.copy()
    wrong = [3, 40, 77]
    given[wrong] = (given[wrong] + 1) % 3
    scores = detect(vectors, given, 3)
    assert set(np.argsort(scores.quality)[:3]) == set(wrong)
    assert scores.flag[wrong].all()
    assert distribution(scores)[wrong].argmax(axis=1).tolist() == labels[wrong].tolist()


def test_permuted_class_ids_permute_the_votes() -> None:
    vectors, labels = blobs()
    order = np.array([2, 0, 1])
    permuted = detect(vectors, np.argsort(order)[labels], 3)
    np.testing.assert_allclose(distribution(permuted), distribution(detect(vectors, labels, 3))[:, order], rtol=1e-5)


def test_scaling_and_layout_of_the_embeddings_do_not_matter() -> None:
    vectors, labels = blobs()
    scaled = np.asfortranarray(vectors * 3)
    scaled.flags.writeable = False
    np.testing.assert_allclose(detect(scaled, labels, 3).quality, detect(vectors, labels, 3).quality, rtol=1e-4)


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    [
        (np.zeros((6, 3)), [0, 0, 1, 1, 2, 2], 3),
        (np.ones((6, 3), np.float16), [0, 0, 1, 1, 2, 2], 9),
        (np.eye(1), [0], 1),
        (np.eye(2), [4, 7], 12),
    ],
)
def test_degenerate_input_gives_finite_distributions(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    scores = detect(vectors, np.array(labels), classes)
    assert np.isfinite(distribution(scores)).all()
    np.testing.assert_allclose(distribution(scores).sum(axis=1), 1, rtol=1e-5)


def test_features_that_say_nothing_leave_the_classes_shares() -> None:
    scores = detect(np.zeros((4, 2)), np.array([0, 0, 0, 1]), 2)
    assert distribution(scores)[0].tolist() == pytest.approx([0.75, 0.25])


def test_nan_and_wrong_shapes_are_refused() -> None:
    with pytest.raises(DataError, match="Row 1"):
        detect(np.array([[1.0], [np.nan]]), np.array([0, 1]), 2)
    with pytest.raises(DataError, match="shape"):
        neighbors(np.zeros(3))
    with pytest.raises(DataError, match="2 labeled items, got 3"):
        detect(np.eye(3), np.array([0, 1]), 2)
    with pytest.raises(SetupError, match="k=0"):
        neighbors(np.eye(3, dtype=np.float32), 0)

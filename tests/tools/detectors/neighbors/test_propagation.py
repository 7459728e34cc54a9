"""Propagation: equal to the closed form, blind to an item's own label, and it corrects planted errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from errata.errors import DataError
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.tools.detectors.neighbors.propagation import (
    averaged,
    detect,
    leave_one_out,
    neighbor_graph,
    propagated,
)
from errata.types import F32, Int
from tests.tools.detectors.made import distribution, planted


def uncertain(truth: Int, seed: int = 0) -> F32:
    """A posterior, independent of the labels, that is right four times in five."""
    rng = np.random.default_rng(seed)
    guess = np.where(rng.random(len(truth)) < 0.8, truth, rng.integers(0, 3, len(truth)))
    return (0.7 / 3 + 0.3 * np.eye(3)[guess]).astype(np.float32)


def test_planted_errors_are_found() -> None:
    from sklearn.metrics import roc_auc_score

    vectors, given, wrong, truth = planted()
    scores = detect(neighbors(vectors), given, 3)
    assert roc_auc_score(wrong, -scores.quality) >= 0.95
    assert (distribution(scores).argmax(axis=1) == truth).mean() >= 0.95


def test_the_graph_joins_two_items_if_either_is_a_neighbor_of_the_other() -> None:
    # Item 2 has 1 as its neighbor; no item has 2. Weights exp(0) and exp(-2), degrees 1, 1 + exp(-2), exp(-2).
    near = Neighbors(np.array([[1], [0], [1]]), np.array([[1.0], [1.0], [0.8]], np.float32))
    weak, middle = np.exp(-2), 1 + np.exp(-2)
    expected = [[0, 1 / np.sqrt(middle), 0], [1 / np.sqrt(middle), 0, np.sqrt(weak / middle)]]
    np.testing.assert_allclose(neighbor_graph(near).toarray()[:2], expected, rtol=1e-5)
    np.testing.assert_allclose(neighbor_graph(near).toarray(), neighbor_graph(near).toarray().T)


def test_spreading_comes_to_the_closed_form() -> None:
    vectors, _, _, truth = planted(per_class=10)
    near, probs = neighbors(vectors, 4), uncertain(truth)
    graph = neighbor_graph(near).toarray().astype(float)
    closed = 0.1 * np.linalg.inv(np.eye(30) - 0.9 * graph) @ probs
    closed /= closed.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(propagated(near, probs, rounds=300), closed, atol=1e-5)


def test_an_item_s_own_label_does_not_reach_it() -> None:
    vectors, given, _, _ = planted()
    folds = np.arange(len(given)) % 5
    near, item, changed = neighbors(vectors), 7, given.copy()
    changed[item] = (given[item] + 1) % 3
    # What is left is the classes' shares, which one label of 180 moves by 1/180 of PRIOR.
    after, before = (leave_one_out(near, labels, 3, folds)[item] for labels in (changed, given))
    np.testing.assert_allclose(after, before, atol=1e-4)


def test_the_average_over_neighbors_leaves_the_item_out_by_hand() -> None:
    near = Neighbors(np.array([[1, 2], [0, 2], [0, 1]]), np.array([[0.9, 0.3]] * 3, np.float32))
    probs = np.array([[1, 0], [0, 1], [0.5, 0.5]])
    assert averaged(near, probs)[0].tolist() == pytest.approx([0.25 * 0.5, 0.75 + 0.25 * 0.5])


def test_a_neighbor_on_the_far_side_counts_nothing() -> None:
    near = Neighbors(np.array([[1, 2], [0, 2], [0, 1]]), np.array([[0.5, -0.3]] * 3, np.float32))
    assert averaged(near, np.array([[1, 0], [0.2, 0.8], [1, 0]]))[0].tolist() == pytest.approx([0.2, 0.8])


def test_an_item_that_resembles_no_other_keeps_its_posterior() -> None:
    near = Neighbors(np.array([[1], [0]]), np.array([[-0.2], [0.0]], np.float32))
    probs = np.array([[0.7, 0.3], [0.1, 0.9]], np.float32)
    np.testing.assert_allclose(averaged(near, probs), probs)


@pytest.mark.parametrize("smooth", [averaged, propagated])
def test_smoothing_puts_an_uncertain_posterior_right(smooth: Callable[[Neighbors, F32], F32]) -> None:
    vectors, _, _, truth = planted()
    probs = uncertain(truth)
    assert (probs.argmax(axis=1) == truth).mean() < 0.9
    assert (smooth(neighbors(vectors), probs).argmax(axis=1) == truth).mean() > 0.97


def test_a_rare_clean_group_is_not_flagged_in_bulk() -> None:
    vectors, given, _, _ = planted()
    rare = np.random.default_rng(5).normal(size=(15, 8)).astype(np.float32) * 0.3 - 6
    scores = detect(neighbors(np.vstack([vectors, rare])), np.append(given, [0] * 15), 3)
    assert scores.flag[-15:].sum() <= 1


def test_permuted_class_ids_permute_the_posterior() -> None:
    _, _, _, truth = planted()
    near, probs, order = neighbors(planted()[0]), uncertain(truth), np.array([2, 0, 1])
    for smooth in (averaged, propagated):
        np.testing.assert_allclose(smooth(near, probs[:, order]), smooth(near, probs)[:, order], atol=1e-5)


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
    near, given = neighbors(vectors), np.array(labels)
    found = leave_one_out(near, given, classes)
    for probs in (found, averaged(near, found), propagated(near, found)):
        assert np.isfinite(probs).all()
        np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)


def test_read_only_and_strided_posteriors_are_taken_and_left_alone() -> None:
    vectors, _, _, truth = planted()
    near, probs = neighbors(vectors), np.asfortranarray(uncertain(truth))
    probs.flags.writeable = False
    before = probs.copy()
    for smooth in (averaged, propagated):
        smooth(near, probs)
    np.testing.assert_array_equal(probs, before)


def test_invalid_arrays_are_refused() -> None:
    with pytest.raises(DataError, match="2 labeled items, got 3"):
        detect(neighbors(np.eye(3)), np.array([0, 1]), 2)
    with pytest.raises(DataError, match="Row 0"):
        averaged(neighbors(np.eye(3)), np.full((3, 2), np.nan))

"""Ridge: truly leave-one-out for labels, distributions and marks; an unlabeled item is scored, not learned from."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.probs.ridge import PENALTY, Ridge, detect, leave_one_out
from errata.types import F32, F64, Bool, Int
from tests.tools.detectors.made import distribution


def blobs(per_class: int = 20, classes: int = 3, seed: int = 0) -> tuple[F32, Int]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    return (4 * np.eye(classes, 6)[labels] + rng.normal(size=(len(labels), 6))).astype(np.float32), labels


def fitted_without(vectors: F32, targets: NDArray[Any], rest: Int, left_out: int, members: int) -> F64:
    """Prediction for one item by a model of the rest, its ridge that of all the members."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.c_[units[rest], np.ones(len(rest))].astype(np.float64)
    free_intercept = members * PENALTY * np.diag([1.0] * vectors.shape[1] + [0.0])
    weights = np.linalg.solve(rows.T @ rows + free_intercept, rows.T @ targets[rest])
    found: F64 = np.r_[units[left_out], 1] @ weights
    return found


@pytest.mark.parametrize("kind", ["labels", "distributions", "marks"])
def test_each_score_equals_a_model_that_was_fitted_without_the_item(kind: str) -> None:
    vectors, labels = blobs()
    rng = np.random.default_rng(0)
    kinds: dict[str, F32 | Bool] = {
        "labels": np.eye(3, dtype=np.float32)[labels],
        "distributions": rng.dirichlet(np.ones(3), 60).astype(np.float32),
        "marks": rng.random((60, 3)) < 0.4,
    }
    targets = kinds[kind]
    scores = Ridge(vectors).leave_one_out(targets)
    for left_out in (0, 25, 59):
        rest = np.delete(np.arange(60), left_out)
        np.testing.assert_allclose(scores[left_out], fitted_without(vectors, targets, rest, left_out, 60), atol=1e-5)


def test_an_unlabeled_item_gets_the_score_of_the_model_of_all_others() -> None:
    vectors, labels = blobs()
    targets = np.eye(3)[labels]
    labels[7] = -1
    expected = fitted_without(vectors, targets, np.delete(np.arange(60), 7), 7, 59)
    np.testing.assert_allclose(leave_one_out(vectors, labels, 3)[7], expected, atol=1e-5)


def test_targets_of_an_item_that_is_not_learned_from_do_not_count() -> None:
    vectors, labels = blobs()
    learned, targets = np.arange(60) != 7, np.eye(3, dtype=np.float32)[labels]
    ridge = Ridge(vectors, learned)
    first = ridge.leave_one_out(targets)
    targets[7] = 9
    np.testing.assert_array_equal(ridge.leave_one_out(targets), first)


def test_random_labels_are_not_remembered() -> None:
    rng = np.random.default_rng(0)
    vectors, labels = rng.normal(size=(200, 300)).astype(np.float32), rng.integers(0, 4, 200)
    assert (leave_one_out(vectors, labels, 4).argmax(axis=1) == labels).mean() < 0.35


def test_one_of_two_items_is_predicted_by_the_other_alone() -> None:
    scores = leave_one_out(np.eye(2, dtype=np.float32), np.array([0, 1]), 2)
    np.testing.assert_allclose(scores, [[0, 1], [1, 0]], atol=1e-2)


def test_planted_flips_get_the_lowest_quality_and_their_true_label() -> None:
    vectors, truth = blobs(100)
    wrong = np.random.default_rng(1).random(300) < 0.1
    scores = detect(vectors, np.where(wrong, (truth + 1) % 3, truth), 3)
    assert roc_auc_score(wrong, -scores.quality) >= 0.95
    assert (distribution(scores)[wrong].argmax(axis=1) == truth[wrong]).mean() >= 0.95
    assert scores.flag[wrong].mean() > 0.8
    assert scores.flag[~wrong].mean() < 0.02


def test_a_rare_clean_group_is_not_flagged_in_bulk() -> None:
    rng = np.random.default_rng(0)
    group = np.r_[np.zeros(300, int), np.ones(300, int), np.full(15, 2)]
    vectors = 4 * np.eye(3, 8)[group] + rng.normal(scale=0.5, size=(615, 8))
    assert detect(vectors, group, 3).flag[-15:].sum() <= 2


def test_permuted_class_ids_permute_the_probabilities() -> None:
    vectors, labels = blobs()
    order = np.array([2, 0, 1])
    permuted = distribution(detect(vectors, np.argsort(order)[labels], 3))
    np.testing.assert_allclose(permuted, distribution(detect(vectors, labels, 3))[:, order], atol=1e-4)


def test_blocks_do_not_change_the_scores() -> None:
    vectors, labels = blobs()
    targets = labels[:, None] == np.arange(3)
    whole, parts = (Ridge(vectors, product_rows=rows).leave_one_out(targets) for rows in (60, 7))
    np.testing.assert_allclose(parts, whole, atol=1e-5)


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 2, 5], [-1, -1, -1, -1], [0, -1, -1, -1]])
def test_unlabeled_and_absent_classes_give_finite_scores(labels: list[int]) -> None:
    assert np.isfinite(leave_one_out(np.eye(4, dtype=np.float32), np.array(labels), 7)).all()
    assert np.isfinite(leave_one_out(np.zeros((4, 3), np.float32), np.array(labels), 7)).all()


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
    vectors.flags.writeable = False
    probs = distribution(detect(vectors, np.array(labels), classes))
    assert np.isfinite(probs).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)


def test_invalid_arrays_are_refused() -> None:
    with pytest.raises(DataError, match="Row 0"):
        detect(np.array([[np.nan], [1.0]]), np.array([0, 1]), 2)
    with pytest.raises(DataError, match=r"Labels must lie in 0\.\.1"):
        detect(np.eye(2), np.array([0, -1]), 2)

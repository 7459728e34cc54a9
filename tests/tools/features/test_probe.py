"""The probe: out of fold, stratified, safe with small classes."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from errata.errors import DataError
from errata.tools.features.probe import out_of_fold_probs, stratified_folds
from errata.types import F32, Int


def blobs(per_class: int = 40, seed: int = 0) -> tuple[F32, Int]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), per_class)
    return (3 * np.eye(3, 6)[labels] + rng.normal(size=(len(labels), 6))).astype(np.float32), labels


def test_separable_classes_are_told_apart() -> None:
    vectors, labels = blobs()
    assert (out_of_fold_probs(vectors, labels, 3).argmax(axis=1) == labels).mean() > 0.95


def test_random_labels_are_not_remembered() -> None:
    rng = np.random.default_rng(0)
    vectors, labels = rng.normal(size=(80, 200)).astype(np.float32), rng.integers(0, 4, 80)
    assert (out_of_fold_probs(vectors, labels, 4).argmax(axis=1) == labels).mean() < 0.45


def test_a_copy_does_not_train_the_model_that_judges_the_other() -> None:
    rng = np.random.default_rng(0)
    vectors, labels = rng.normal(size=(80, 200)).astype(np.float32), rng.integers(0, 4, 80)
    twice, both, groups = np.tile(vectors, (2, 1)), np.tile(labels, 2), np.tile(np.arange(80), 2)
    order = rng.permutation(len(both))
    twice, both, groups = twice[order], both[order], groups[order]
    assert (out_of_fold_probs(twice, both, 4).argmax(axis=1) == both).mean() > 0.7
    assert (out_of_fold_probs(twice, both, 4, groups_N=groups).argmax(axis=1) == both).mean() < 0.45


def test_copies_teach_as_much_as_one_item() -> None:
    vectors, labels = blobs()
    several, given = np.concatenate([vectors, vectors[np.repeat(5, 60)]]), np.append(labels, [1] * 60)
    groups = np.arange(len(given))
    groups[len(labels) :] = 5
    alone, each = out_of_fold_probs(vectors, labels, 3), out_of_fold_probs(several, given, 3)[: len(labels)]
    once = out_of_fold_probs(several, given, 3, groups_N=groups)[: len(labels)]
    assert np.abs(once - alone).mean() < np.abs(each - alone).mean() / 3


def test_an_item_does_not_move_its_own_probabilities() -> None:
    vectors, labels = blobs()
    folds = stratified_folds(labels)
    moved = vectors.copy()
    moved[7] = 50
    others = folds == folds[7]
    others[7] = False
    before, after = out_of_fold_probs(vectors, labels, 3), out_of_fold_probs(moved, labels, 3)
    np.testing.assert_allclose(before[others], after[others], atol=1e-6)


def test_every_class_is_spread_evenly_over_the_folds() -> None:
    labels = np.repeat([0, 1, 2], [50, 7, 23])
    folds = stratified_folds(labels)
    for k in range(3):
        counts = np.bincount(folds[labels == k], minlength=5)
        assert counts.max() - counts.min() <= 1


def test_unlabeled_items_get_the_mean_of_the_folds() -> None:
    vectors, labels = blobs()
    given = np.where(np.arange(len(labels)) % 10 == 0, -1, labels)
    probs = out_of_fold_probs(vectors, given, 3)
    unlabeled = given < 0
    assert (probs[unlabeled].argmax(axis=1) == labels[unlabeled]).mean() > 0.9
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)


def test_an_absent_class_has_no_probability_and_a_lone_one_its_share() -> None:
    vectors, labels = blobs(per_class=10)
    labels[0] = 4
    probs = out_of_fold_probs(vectors, labels, 6)
    assert probs[:, [3, 5]].max() == 0
    assert probs[0, 4] == pytest.approx(1 / 30)


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    [
        (np.zeros((6, 3)), [0, 0, 1, 1, 2, 2], 3),
        (np.ones((6, 3), np.float16), [0, 0, 1, 1, 2, -1], 9),
        (np.eye(1), [0], 1),
        (np.eye(4), [0, 0, 0, 1], 2),
        (np.eye(6)[:, ::-1], [0, 1, 2, 3, 4, 5], 12),
    ],
)
def test_degenerate_input_gives_distributions(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    probs = out_of_fold_probs(vectors, np.array(labels), classes)
    assert np.isfinite(probs).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)


def test_the_same_seed_gives_the_same_probabilities() -> None:
    vectors, labels = blobs()
    np.testing.assert_array_equal(out_of_fold_probs(vectors, labels, 3), out_of_fold_probs(vectors, labels, 3))


def test_no_labels_and_nan_are_refused() -> None:
    with pytest.raises(DataError, match="No item has a label"):
        out_of_fold_probs(np.eye(2, dtype=np.float32), np.array([-1, -1]), 2)
    with pytest.raises(DataError, match="NaN"):
        out_of_fold_probs(np.array([[np.nan], [1.0]], np.float32), np.array([0, 1]), 2)

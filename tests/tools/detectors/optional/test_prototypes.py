"""Prototypes: truly leave-one-out, a split for each class, finds planted flips, safe on degenerate input."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.optional.prototypes import detect, leave_one_out_cosines, margins
from tests.tools.detectors.made import DEGENERATE, blobs, distribution, flipped


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.4])
def test_planted_flips_are_found_and_their_true_label_is_named(rate: float) -> None:
    vectors, labels = blobs()
    given, wrong = flipped(labels, 3, rate)
    scores = detect(vectors, given, 3)
    assert roc_auc_score(wrong, -scores.quality) > 0.95
    assert (scores.flag == wrong).mean() > 0.95
    assert (distribution(scores).argmax(axis=1) == labels).mean() > 0.95


def test_cosines_of_a_hand_computed_case() -> None:
    units = np.array([[1, 0], [0, 1], [0.6, 0.8], [0, 1]], np.float32)
    cosines = leave_one_out_cosines(units, np.array([0, 0, 0, 1]), 3, np.array([1, 1, 0.5, 1], np.float32))
    # Without item 0 its class' prototype is (0, 1) + (.3, .4); the only item of class 1 has no prototype to meet.
    assert cosines[0].tolist() == pytest.approx([0.3 / np.hypot(0.3, 1.4), 0, 0])
    assert cosines[3].tolist() == pytest.approx([1.4 / np.hypot(1.3, 1.4), 0, 0])


def test_margins_ignore_classes_without_items() -> None:
    assert margins(np.array([[0.5, 0.2, 0.9], [0.5, 0.2, 0.9]]), np.array([0, 1])).tolist() == pytest.approx(
        [0.3, -0.3]
    )


def test_look_alike_classes_are_split_by_their_own_measure() -> None:
    # Margins between the last two classes are so small that all their items lie in the lower part of all items.
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 60)
    centers = np.array([[5, 0, 0, 0], [0, 5, 0, 0], [0, 0, 5, 0.8], [0, 0, 5, -0.8]])
    vectors = centers[labels] + 0.2 * rng.normal(size=(240, 4))
    wrong = (labels >= 2) & (np.arange(240) % 6 == 0)
    scores = detect(vectors, np.where(wrong, 5 - labels, labels), 4)
    assert scores.quality[~wrong].min() > 0.5 > scores.quality[wrong].max()


def test_an_item_is_flagged_only_if_its_class_and_the_prototypes_both_contradict_it() -> None:
    vectors, labels = blobs()
    vectors[:, :3] *= 0.15
    given, _ = flipped(labels, 3, 0.2)
    scores = detect(vectors, given, 3)
    rival = distribution(scores).argmax(axis=1) != given
    assert (rival & ~scores.flag).any()
    np.testing.assert_array_equal(scores.flag, rival & (scores.quality < 0.5))


def test_a_rare_clean_cluster_is_not_flagged_in_bulk() -> None:
    vectors, labels = blobs()
    rare = np.arange(15)
    vectors[rare] = np.array([3, 0, 0, 4, 0, 0]) + np.random.default_rng(1).normal(size=(15, 6))
    given, _ = flipped(labels, 3, 0.1)
    given[rare] = 0
    assert detect(vectors, given, 3).flag[rare].mean() < 0.2


def test_clean_separable_classes_are_not_flagged() -> None:
    assert detect(*blobs(), 3).flag.mean() < 0.02


def test_permuted_class_ids_permute_the_probabilities() -> None:
    vectors, labels = blobs()
    given, _ = flipped(labels, 3, 0.2)
    order = np.array([2, 0, 1])
    permuted, plain = detect(vectors, np.argsort(order)[given], 3), detect(vectors, given, 3)
    np.testing.assert_allclose(permuted.quality, plain.quality, atol=1e-4)
    np.testing.assert_allclose(distribution(permuted), distribution(plain)[:, order], atol=1e-4)


def test_layout_of_the_embeddings_does_not_matter() -> None:
    vectors, labels = blobs()
    other = np.asfortranarray(np.repeat(vectors, 2, axis=0))[::2]
    other.flags.writeable = False
    np.testing.assert_allclose(detect(other, labels, 3).quality, detect(vectors, labels, 3).quality, atol=1e-4)


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    DEGENERATE,
)
def test_degenerate_input_gives_finite_distributions(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    scores = detect(vectors, np.array(labels), classes)
    assert ((scores.quality >= 0) & (scores.quality <= 1)).all()
    np.testing.assert_allclose(distribution(scores).sum(axis=1), 1, rtol=1e-5)


def test_nan_is_refused() -> None:
    with pytest.raises(DataError, match="Row 0"):
        detect(np.array([[np.nan], [1.0]]), np.array([0, 1]), 2)

"""Dynamics: wrong labels are learned later, the fake class marks their threshold, and the same seed gives the same
result."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.optional.dynamics import PULL, detect, dynamics, gradient
from errata.types import F64
from tests.tools.detectors.made import DEGENERATE, blobs, flipped


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.4])
def test_planted_flips_are_found_and_their_true_label_is_named(rate: float) -> None:
    vectors, labels = blobs()
    given, wrong = flipped(labels, 3, rate)
    scores = detect(vectors, given, 3)
    assert roc_auc_score(wrong, -scores.quality) > 0.95
    assert (dynamics(vectors, given, 3).targets_NK[wrong].argmax(axis=1) == labels[wrong]).mean() > 0.95


def test_the_fake_class_marks_where_wrong_labels_end() -> None:
    vectors, labels = blobs()
    given, wrong = flipped(labels, 3, 0.2)
    scores = detect(vectors, given, 3)
    assert scores.flag[wrong].mean() > 0.9
    assert scores.flag[~wrong].mean() < 0.1
    assert detect(*blobs(), 3).flag.mean() < 0.1


def test_signals_of_wrong_labels_differ_from_those_of_right_ones() -> None:
    vectors, labels = blobs()
    given, wrong = flipped(labels, 3, 0.2)
    found = dynamics(vectors, given, 3)
    assert roc_auc_score(wrong, -found.aum_N) > 0.95
    assert roc_auc_score(wrong, -found.mean_N) > 0.95


def test_memorizing_shows_if_there_are_more_features_than_items() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    wide = dynamics(rng.normal(size=(300, 400)).astype(np.float32), labels, 3)
    narrow = dynamics(rng.normal(size=(300, 2)).astype(np.float32), labels, 3)
    assert wide.memorized > 0.4
    assert abs(narrow.memorized) < 0.15


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(4, 3)), np.array([0, 1, 2, 1])
    memory = rng.dirichlet(np.ones(3), 4).astype(np.float32)

    def loss(at: F64) -> float:
        probs = np.exp(at) / np.exp(at).sum(axis=1, keepdims=True)
        agreed = (targets * probs).sum(axis=1)
        return float(np.mean(-np.log(probs[np.arange(4), labels]) + PULL * np.log(1 - agreed)))

    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = 0.7 * memory + 0.3 * probs
    found = gradient(probs, labels, memory, np.arange(4))
    np.testing.assert_allclose(memory, targets, rtol=1e-5)
    step = 1e-5 * np.eye(3)
    numeric = [[(loss(logits + np.eye(4)[[i]].T * step[k]) - loss(logits)) / 1e-5 for k in range(3)] for i in range(4)]
    np.testing.assert_allclose(found, numeric, atol=1e-3)


def test_a_rare_clean_cluster_is_not_flagged_in_bulk() -> None:
    vectors, labels = blobs()
    rare = np.arange(15)
    vectors[rare] = np.array([3, 0, 0, 4, 0, 0]) + np.random.default_rng(1).normal(size=(15, 6))
    given, _ = flipped(labels, 3, 0.1)
    given[rare] = 0
    assert detect(vectors, given, 3).flag[rare].mean() < 0.2


def test_a_seed_decides_everything() -> None:
    vectors, labels = blobs()
    np.testing.assert_array_equal(
        detect(vectors, labels, 3, seed=1).quality, detect(vectors, labels, 3, seed=1).quality
    )
    assert (detect(vectors, labels, 3, seed=1).quality != detect(vectors, labels, 3, seed=2).quality).any()


def test_permuted_class_ids_permute_the_probabilities() -> None:
    vectors, labels = blobs()
    order = np.array([2, 0, 1])
    permuted = dynamics(vectors, np.argsort(order)[labels], 3).targets_NK
    np.testing.assert_allclose(permuted, dynamics(vectors, labels, 3).targets_NK[:, order], atol=1e-3)


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    DEGENERATE,
)
def test_degenerate_input_gives_finite_distributions(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    scores = detect(vectors, np.array(labels), classes)
    assert ((scores.quality >= 0) & (scores.quality <= 1)).all()
    found = dynamics(np.asarray(vectors, np.float32), np.array(labels), classes)
    np.testing.assert_allclose(found.targets_NK.sum(axis=1), 1, rtol=1e-4)


def test_nan_is_refused() -> None:
    with pytest.raises(DataError, match="Row 0"):
        detect(np.array([[np.nan], [1.0]]), np.array([0, 1]), 2)

"""Stability: how far answers move under perturbation, between 0 and 1."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.optional.stability import detect, divergence
from errata.types import F64
from tests.tools.detectors.made import distribution


def test_answers_that_do_not_move_are_worth_one_and_turned_ones_nothing() -> None:
    probs = np.array([[1, 0], [1, 0]], np.float32)
    scores = detect(probs, [np.array([[1, 0], [0, 1]])] * 2)
    assert scores.quality.tolist() == pytest.approx([1, 0])
    assert scores.flag.tolist() == [False, True]
    np.testing.assert_allclose(distribution(scores), [[1.0, 0.0], [1 / 3, 2 / 3]], rtol=1e-6)


def test_the_divergence_of_a_hand_computed_pair() -> None:
    # Half of KL([1, 0] : [.75, .25]) and half of KL([.5, .5] : [.75, .25]), in bits.
    expected = (np.log2(1 / 0.75) + 0.5 * np.log2(0.5 / 0.75) + 0.5 * np.log2(0.5 / 0.25)) / 2
    found = divergence(np.array([[1.0, 0]]), np.array([[0.5, 0.5]]))
    assert found.tolist() == pytest.approx([expected], rel=1e-5)
    assert divergence(np.array([[0.5, 0.5]]), np.array([[1.0, 0]])).tolist() == pytest.approx(found.tolist())


def test_unsure_items_that_perturbation_turns_are_found() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    shaky = rng.random(300) < 0.2
    logits = np.where(shaky[:, None], 0.2, 6) * np.eye(3)[rng.integers(0, 3, 300)]

    def probs() -> F64:
        moved = np.exp(logits + rng.normal(size=logits.shape))
        probs: F64 = moved / moved.sum(axis=1, keepdims=True)
        return probs

    scores = detect(probs(), (probs() for _ in range(5)))
    assert roc_auc_score(shaky, -scores.quality) >= 0.95
    assert scores.flag[~shaky].mean() < 0.02


def test_half_of_the_copies_with_another_favorite_are_enough_for_a_flag() -> None:
    one, other = np.array([[0.9, 0.1]]), np.array([[0.1, 0.9]])
    assert detect(one, [other, one]).flag.tolist() == [True]
    assert detect(one, [other, one, one]).flag.tolist() == [False]


def test_permuted_class_ids_give_the_same_quality() -> None:
    rng = np.random.default_rng(0)
    probs, copy = rng.dirichlet(np.ones(4), 20), rng.dirichlet(np.ones(4), 20)
    order = [3, 1, 0, 2]
    np.testing.assert_allclose(
        detect(probs[:, order], [copy[:, order]]).quality, detect(probs, [copy]).quality, rtol=1e-5
    )


def test_odd_arrays_are_taken_and_left_alone() -> None:
    probs = np.asfortranarray(np.full((3, 2), 0.5, np.float16))
    probs.flags.writeable = False
    assert detect(probs, [probs]).quality.tolist() == [1, 1, 1]
    assert detect(np.ones((2, 1)), [np.ones((2, 1))]).quality.tolist() == [1, 1]
    assert detect(np.ones((0, 2)), [np.ones((0, 2))]).quality.shape == (0,)


def test_no_copy_other_shapes_and_nan_are_refused() -> None:
    probs = np.full((2, 2), 0.5)
    with pytest.raises(DataError, match="got none"):
        detect(probs, [])
    with pytest.raises(DataError, match="shape of the items"):
        detect(probs, [np.full((2, 4), 0.25)])
    with pytest.raises(DataError, match="Row 0"):
        detect(probs, [np.full((2, 2), np.nan)])

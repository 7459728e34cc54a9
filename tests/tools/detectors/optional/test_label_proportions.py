"""Label proportions: totals are met, certain labels stay, and neighbors decide what the totals leave open."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.optional.label_proportions import detect, with_totals
from errata.types import F32, F64, Int


def planted(per_class: int = 60, seed: int = 0) -> tuple[F32, Int, F32, Int, F64]:
    """Vectors, true labels, a posterior that is right three times in four, skewed groups of 12 and their totals."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat(np.arange(3), per_class))
    vectors = (5 * np.eye(3, 8)[truth] + rng.normal(size=(len(truth), 8))).astype(np.float32)
    odds = np.exp(np.eye(3)[truth] * 2 + rng.normal(size=(len(truth), 3)))
    groups = np.empty(len(truth), int)
    groups[np.argsort(truth + 1.5 * rng.random(len(truth)))] = np.arange(len(truth)) // 12
    totals = np.zeros((groups.max() + 1, 3))
    np.add.at(totals, (groups, truth), 1)
    return vectors, truth, (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), groups, totals


def test_sums_over_each_group_are_its_totals() -> None:
    _, _, probs, groups, totals = planted()
    found = with_totals(probs, groups, totals)
    sums = np.zeros_like(totals)
    np.add.at(sums, groups, found)
    np.testing.assert_allclose(sums, totals, atol=0.02)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def test_two_items_with_one_label_each_by_hand() -> None:
    # Scaling keeps the odds ratio of 2 x 2 cells: (.6 / .4) / (.8 / .2) = .375 = (x / (1 - x))^2.
    x = 1 / (1 + 0.375**-0.5)
    found = with_totals(np.array([[0.6, 0.4], [0.8, 0.2]]), [0, 0], [[1, 1]])
    np.testing.assert_allclose(found, [[x, 1 - x], [1 - x, x]], atol=2e-3)


def test_a_posterior_that_meets_its_totals_is_left_alone() -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(4), 50).astype(np.float32)
    np.testing.assert_allclose(with_totals(probs, np.zeros(50, int), probs.sum(axis=0)[None]), probs, atol=1e-5)


def test_totals_correct_a_posterior_and_neighbors_correct_it_further() -> None:
    vectors, truth, probs, groups, totals = planted()
    right = [
        (found.argmax(axis=1) == truth).mean()
        for found in (probs, with_totals(probs, groups, totals), with_totals(probs, groups, totals, neighbors(vectors)))
    ]
    assert right[0] < right[1] < right[2]
    assert right[2] >= 0.97


def test_planted_errors_are_found() -> None:
    from sklearn.metrics import roc_auc_score

    vectors, truth, probs, groups, totals = planted()
    wrong = np.random.default_rng(3).random(len(truth)) < 0.1
    given = np.where(wrong, (truth + 1) % 3, truth)
    scores = detect(given, probs, groups, totals, neighbors(vectors))
    assert roc_auc_score(wrong, -scores.quality) >= 0.95


def test_totals_may_ask_for_what_the_posterior_excludes() -> None:
    found = with_totals(np.array([[1, 0], [1, 0]]), [0, 0], [[0, 2]])
    np.testing.assert_allclose(found, [[0, 1], [0, 1]], atol=1e-3)


def test_permuted_class_ids_permute_the_posterior() -> None:
    vectors, _, probs, groups, totals = planted()
    near, order = neighbors(vectors), np.array([2, 0, 1])
    permuted = with_totals(probs[:, order], groups, totals[:, order], near)
    np.testing.assert_allclose(permuted, with_totals(probs, groups, totals, near)[:, order], atol=1e-3)


def test_an_empty_group_a_group_of_one_and_read_only_arrays_are_taken() -> None:
    probs = np.asfortranarray(np.full((3, 2), 0.5, np.float16))
    probs.flags.writeable = False
    found = with_totals(probs, np.array([0, 2, 2]), [[1, 0], [0, 0], [1, 1]])
    np.testing.assert_allclose(found, [[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]], atol=1e-3)
    assert (probs == 0.5).all()


def test_totals_that_do_not_add_up_are_refused() -> None:
    probs = np.full((3, 2), 0.5)
    with pytest.raises(DataError, match="group 1 sum to 2, and it has 1 items"):
        with_totals(probs, [0, 0, 1], [[1, 1], [1, 1]])
    with pytest.raises(DataError, match="shape"):
        with_totals(probs, [0, 0, 0], [[1, 1, 1]])
    with pytest.raises(DataError, match="Totals must be counts"):
        with_totals(probs, [0, 0, 0], [[4, -1]])
    with pytest.raises(DataError, match="Row 0"):
        with_totals(np.full((3, 2), np.nan), [0, 0, 0], [[2, 1]])

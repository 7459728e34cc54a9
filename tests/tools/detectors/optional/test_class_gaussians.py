"""Class Gaussians: honest, robust between look-alikes, small classes borrow, safe on degenerate input."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.optional.class_gaussians import (
    Gaussians,
    detect,
    fit_gaussians,
    leave_one_out,
    left_out_scores,
    lent_spreads,
    squared_spreads,
)
from errata.tools.detectors.probs import discriminant
from errata.tools.detectors.probs.discriminant import SHRINKAGE
from errata.types import F64, Int
from tests.tools.detectors.made import DEGENERATE, blobs, distribution, flipped


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.4])
def test_planted_flips_are_found_and_their_true_label_is_named(rate: float) -> None:
    vectors, labels = blobs()
    given, wrong = flipped(labels, 3, rate)
    scores = detect(vectors, given, 3)
    assert roc_auc_score(wrong, -scores.quality) > 0.95
    assert (distribution(scores)[wrong].argmax(axis=1) == labels[wrong]).mean() > 0.95


def test_labels_that_moved_to_one_look_alike_mislead_it_less_than_the_discriminant() -> None:
    vectors, labels = blobs(80)
    vectors[:, :3] *= 0.7
    given = np.where((np.arange(240) % 5 < 2) & (labels == 0), 1, labels)
    wrong = given != labels
    own, plain = leave_one_out(vectors, given, 3), discriminant.leave_one_out(vectors, given, 3)
    rows = np.arange(240)
    assert roc_auc_score(wrong, -own[rows, given]) > roc_auc_score(wrong, -plain[rows, given])


def test_random_labels_are_not_remembered() -> None:
    rng = np.random.default_rng(0)
    vectors, labels = rng.normal(size=(300, 400)).astype(np.float32), rng.integers(0, 3, 300)
    assert (leave_one_out(vectors, labels, 3).argmax(axis=1) == labels).mean() < 0.42


def test_each_score_equals_gaussians_that_were_fitted_without_the_item() -> None:
    vectors, labels = blobs(10)
    units = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float64)
    weights = np.ones(30, np.float32)
    fit = fit_gaussians(vectors, labels, weights, 3)
    scores = left_out_scores(fit, units.astype(np.float32), labels, weights)
    shrunk = SHRINKAGE * fitted_covariance(units, labels, np.arange(30)).trace() / 6 * np.eye(6)
    for left_out in (0, 13, 29):
        rest = np.flatnonzero(np.arange(30) != left_out)
        # As in the discriminant, the round part and the count of the covariance are those of all items.
        spread = (1 - SHRINKAGE) * fitted_covariance(units, labels, rest) * 29 / 30 + shrunk
        expected = [distance(units, labels, rest, spread, left_out, k) for k in range(3)]
        own_scatter = fit.scatter_K.copy()
        k = labels[left_out]
        own_scatter[k] = scatter(fit, units, labels, rest, k)
        sizes = squared_spreads(own_scatter, np.where(np.arange(3) == k, 9, 10), fit.lent_K, fit.width)
        np.testing.assert_allclose(scores[left_out], -(expected / sizes + fit.width * np.log(sizes)) / 2, rtol=2e-3)


def fitted_covariance(units: F64, labels: Int, rows: Int) -> F64:
    apart = np.concatenate([units[rows][labels[rows] == k] - units[rows][labels[rows] == k].mean(0) for k in range(3)])
    found: F64 = apart.T @ apart / len(rows)
    return found


def distance(units: F64, labels: Int, rest: Int, spread: F64, left_out: int, k: int) -> float:
    apart = units[left_out] - units[rest][labels[rest] == k].mean(axis=0)
    return float(apart @ np.linalg.inv(spread) @ apart)


def scatter(fit: Gaussians, units: F64, labels: Int, rest: Int, k: int) -> float:
    white = units[rest][labels[rest] == k] @ fit.white_DD
    return float(((white - white.mean(axis=0)) ** 2).sum())


def test_a_class_borrows_the_spread_of_the_class_it_is_like() -> None:
    means = np.array([[0, 0], [1, 0], [9, 0]], np.float32)
    found = lent_spreads(means, np.array([1.0, 100, 100]), np.array([0.0, 500, 100]))
    assert found[0] == pytest.approx(5, rel=1e-3)
    assert squared_spreads(np.array(0.0), np.array(1.0), found[0], 2.0) == pytest.approx(
        0.5 + 0.5 * (20 * 5) / 21 / 2, rel=1e-3
    )


def test_a_rare_clean_cluster_is_not_flagged_in_bulk() -> None:
    vectors, labels = blobs()
    rare = np.arange(15)
    vectors[rare] = np.array([3, 0, 0, 4, 0, 0]) + np.random.default_rng(1).normal(size=(15, 6))
    given, _ = flipped(labels, 3, 0.1)
    given[rare] = 0
    assert detect(vectors, given, 3).flag[rare].mean() < 0.2


def test_wrong_labels_in_a_class_of_few_are_found() -> None:
    vectors, labels = blobs(200)
    kept = np.r_[0:200, 200:400, 400:412]
    vectors, labels = vectors[kept], labels[kept]
    given = labels.copy()
    given[[400, 401, 0, 200]] = [0, 1, 2, 2]
    assert set(np.argsort(detect(vectors, given, 3).quality)[:4]) == {400, 401, 0, 200}


def test_blocks_do_not_change_the_probabilities() -> None:
    vectors, labels = blobs()
    whole = leave_one_out(vectors, labels, 3)
    np.testing.assert_allclose(leave_one_out(vectors, labels, 3, product_rows=7), whole, atol=1e-4)


def test_permuted_class_ids_permute_the_probabilities() -> None:
    # Folds alternate along the items sorted by class: with as many of each class as there are folds they stay the same.
    vectors, labels = blobs()
    order = np.array([2, 0, 1])
    permuted = leave_one_out(vectors, np.argsort(order)[labels], 3)
    np.testing.assert_allclose(permuted, leave_one_out(vectors, labels, 3)[:, order], atol=1e-3)


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    DEGENERATE,
)
def test_degenerate_input_gives_finite_distributions(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    probs = distribution(detect(vectors, np.array(labels), classes))
    assert np.isfinite(probs).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)


def test_the_only_member_of_a_class_does_not_speak_for_itself() -> None:
    vectors, labels = blobs()
    given = labels.copy()
    given[0] = 3
    scores = detect(vectors, given, 4)
    assert scores.quality[0] < 0.2


def test_nan_is_refused() -> None:
    with pytest.raises(DataError, match="Row 0"):
        detect(np.array([[np.nan], [1.0]]), np.array([0, 1]), 2)

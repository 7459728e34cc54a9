"""Open set: each signal by hand; out-of-class items are found, and wrong labels of known classes are not among them."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.tools.detectors.optional.open_set import (
    confidence_drop,
    detect,
    one_vs_rest,
    p_none,
    p_out,
    relative_distance,
    signals,
)
from errata.tools.detectors.probs import discriminant
from errata.types import F32, Bool, Int
from tests.tools.detectors.made import DEGENERATE


def blobs_with_out_of_class(out_of_class: int = 20, seed: int = 0) -> tuple[F32, Int, Bool]:
    """Three classes of 60; the last items are of a fourth kind and were given labels at random."""
    rng = np.random.default_rng(seed)
    kinds = np.r_[np.repeat(np.arange(3), 60), np.full(out_of_class, 3)]
    vectors = (5 * np.eye(4, 8)[kinds] + rng.normal(size=(len(kinds), 8))).astype(np.float32)
    return vectors, np.where(kinds < 3, kinds, rng.integers(0, 3, len(kinds))), kinds == 3


def seen(vectors: F32, labels: Int, classes: int = 3) -> tuple[F32, Int, F32]:
    return vectors, labels, discriminant.leave_one_out(vectors, labels, classes)


def test_out_of_class_items_get_the_lowest_quality_and_are_flagged() -> None:
    vectors, labels, out_of_class = blobs_with_out_of_class()
    scores = detect(*seen(vectors, labels))
    assert roc_auc_score(out_of_class, -scores.quality) > 0.95
    assert scores.flag[out_of_class].mean() > 0.7
    assert scores.flag[~out_of_class].mean() < 0.05


@pytest.mark.parametrize("signal", ["p_out", "p_none"])
def test_each_probability_finds_out_of_class_items_by_itself(signal: str) -> None:
    vectors, labels, out_of_class = blobs_with_out_of_class()
    found = signals(*seen(vectors, labels))
    assert roc_auc_score(out_of_class, getattr(found, signal)) > 0.9


def test_wrong_labels_of_known_classes_are_not_out_of_class() -> None:
    vectors, labels, out_of_class = blobs_with_out_of_class()
    given = labels.copy()
    given[:120:4] = (given[:120:4] + 1) % 3
    wrong = given != labels
    scores = detect(*seen(vectors, given))
    assert scores.flag[wrong].mean() < 0.15
    assert roc_auc_score(out_of_class[wrong | out_of_class], -scores.quality[wrong | out_of_class]) > 0.95


def test_without_out_of_class_items_hardly_anything_is_flagged() -> None:
    vectors, labels, _ = blobs_with_out_of_class(out_of_class=0)
    assert detect(*seen(vectors, labels)).flag.mean() < 0.03


def test_a_rare_clean_cluster_is_not_flagged_in_bulk() -> None:
    vectors, labels, _ = blobs_with_out_of_class(out_of_class=0)
    rare = np.arange(15)
    vectors[rare] = np.array([4, 0, 0, 0, 4, 0, 0, 0]) + np.random.default_rng(1).normal(size=(15, 8))
    assert detect(*seen(vectors, labels)).flag[rare].mean() < 0.3


def test_log_odds_of_a_hand_computed_case() -> None:
    # Class 0: members at 1 and 3, the rest at -1 and 1; both have variance 1, so the odds are even at 1, e^2 at 2.
    scores = np.array([[1, 0], [3, 0], [-1, 0], [1, 0]], np.float32)
    log_odds = one_vs_rest(scores, np.array([0, 0, 1, 1]))
    assert log_odds[:, 0].tolist() == pytest.approx([0, 4, -4, 0])
    assert log_odds[:, 1].tolist() == [0, 0, 0, 0]


def test_none_is_likely_if_no_class_fits_an_item() -> None:
    vectors, labels, out_of_class = blobs_with_out_of_class()
    none = p_none(*seen(vectors, labels))
    assert none[out_of_class].mean() > 0.4 > 0.1 > none[~out_of_class].mean()


def test_if_nothing_distinguishes_unsure_items_each_is_outside_equally_often() -> None:
    probs = np.tile(np.array([0.97, 0.02, 0.01], np.float32), (200, 1))
    probs[:20] = 1 / 3
    outside = p_out(np.random.default_rng(0).normal(size=(200, 5)).astype(np.float32), probs)
    assert outside.mean() == pytest.approx(0.1, abs=0.05)


def test_distance_is_measured_by_the_classes_own_median() -> None:
    near = Neighbors(np.zeros((5, 1), np.int64), np.array([[0.9], [0.8], [0.7], [0.5], [0.1]], np.float32))
    relative = relative_distance(near, np.array([0, 0, 0, 1, 1]))
    assert relative.tolist() == pytest.approx([0.5, 1, 1.5, 0.5 / 0.7, 0.9 / 0.7], rel=1e-4)


def test_confidence_drops_by_what_the_neighbors_think_of_the_class() -> None:
    probs = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]], np.float32)
    near = Neighbors(np.array([[1, 2], [2, 0], [1, 0]]), np.ones((3, 2), np.float32))
    assert confidence_drop(near, probs).tolist() == pytest.approx([0.6, 0.15, 0.45])


def test_neighbors_that_are_given_are_used() -> None:
    vectors, labels, _ = blobs_with_out_of_class()
    searched = signals(*seen(vectors, labels))
    given = signals(*seen(vectors, labels), neighbors(vectors))
    np.testing.assert_array_equal(searched.distance, given.distance)


def test_permuted_class_ids_do_not_matter() -> None:
    vectors, labels, _ = blobs_with_out_of_class()
    order = np.array([2, 0, 1])
    permuted = detect(*seen(vectors, np.argsort(order)[labels])).quality
    np.testing.assert_allclose(permuted, detect(*seen(vectors, labels)).quality, atol=1e-3)


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    DEGENERATE,
)
def test_degenerate_input_gives_qualities(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    probs = np.full((len(labels), classes), 1 / classes, np.float16)
    quality = detect(vectors, np.array(labels), probs).quality
    assert quality.dtype == np.float32
    assert ((quality >= 0) & (quality <= 1)).all()


def test_arrays_that_do_not_fit_are_refused() -> None:
    halves = np.full((2, 2), 0.5)
    with pytest.raises(DataError, match="Row 0"):
        detect(np.array([[np.nan], [1.0]]), np.array([0, 1]), halves)
    with pytest.raises(DataError, match="2 labeled items, got 3"):
        detect(np.eye(2), np.array([0, 1]), halves, neighbors(np.eye(3)))

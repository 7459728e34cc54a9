"""The confident joint: hand-computed, equal to cleanlab's counts, and block by block the same."""

from typing import Any

import numpy as np
import pytest
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.tools.detectors.arrays.blocks import BLOCK
from errata.tools.detectors.arrays.by_class import by_class
from errata.tools.detectors.confident.confident_joint import confident_joint, confident_thresholds, round_rows
from errata.types import Int, Probs


def random_case(seed: int, rows: int, classes: int, dtype: type[np.floating[Any]] = np.float64) -> tuple[Int, Probs]:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, rows)])
    probs = rng.dirichlet(np.full(classes, 0.7), len(labels)).astype(dtype)
    return labels, probs


def test_counts_of_a_hand_computed_case() -> None:
    labels = np.array([0, 0, 1, 1])
    probs = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.5, 0.5]])
    # Thresholds .65 and .65: rows 0 and 2 are sure, rows 1 and 3 reach neither.
    joint = confident_joint(labels, probs)
    assert confident_thresholds(labels, probs).tolist() == pytest.approx([0.65, 0.65])
    assert joint.guess_N.tolist() == [0, -1, 1, -1]
    assert joint.top_classes.highest_N.tolist() == [0.9, 0.6, 0.8, 0.5]
    assert joint.counts_KK.tolist() == [[1, 0], [0, 1]]
    assert joint.calibrated(labels).tolist() == [[2, 0], [0, 2]]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 200),
    classes=st.integers(2, 8),
    dtype=st.sampled_from([np.float32, np.float64]),
    absent=st.booleans(),
)
def test_counts_equal_cleanlabs(
    seed: int, rows: int, classes: int, dtype: type[np.floating[Any]], absent: bool
) -> None:
    labels, probs = random_case(seed, rows, classes, dtype)
    if absent and classes > 2:
        labels[labels == classes - 1] = 0
    joint = confident_joint(labels, probs)
    np.testing.assert_array_equal(confident_thresholds(labels, probs), get_confident_thresholds(labels, probs))
    np.testing.assert_array_equal(joint.counts_KK, compute_confident_joint(labels, probs, calibrate=False))
    np.testing.assert_array_equal(joint.calibrated(labels), compute_confident_joint(labels, probs))


def test_a_probability_at_the_very_threshold_counts_and_the_one_below_does_not() -> None:
    at = np.float32(0.6) - np.float32(1e-6)
    below = np.nextafter(at, np.float32(0))
    for absent, probability in ((False, at), (False, below), (True, at), (True, below)):
        probs = np.array([[0.6, 0.4], [0.6, 0.4], [0.1, 0.9], [probability, 1 - probability]], np.float32)
        probs = np.column_stack([probs, np.zeros(4, np.float32)]) if absent else probs
        labels = np.array([0, 0, 1, 1])
        assert np.array_equal(
            confident_joint(labels, probs).counts_KK, compute_confident_joint(labels, probs, calibrate=False)
        )


def test_a_class_without_support_still_requires_some_probability() -> None:
    labels, probs = np.array([0, 0, 1]), np.array([[1.0, 0.0], [0.999_99, 0.000_01], [1.0, 0.0]])
    joint = confident_joint(labels, probs)
    assert confident_thresholds(labels, probs)[1] == 2e-6
    np.testing.assert_array_equal(joint.counts_KK, compute_confident_joint(labels, probs, calibrate=False))


def test_an_item_sure_of_several_classes_counts_under_its_largest() -> None:
    labels = np.array([0, 0, 1, 1])
    probs = np.array([[0.5, 0.5], [0.1, 0.9], [0.9, 0.1], [0.4, 0.6]])
    # Thresholds .3 and .35: rows 0 and 3 reach both; row 0 ties, and the first class wins.
    assert confident_joint(labels, probs).guess_N.tolist() == [0, 1, 0, 1]


def test_an_item_whose_largest_falls_short_counts_under_the_one_it_reaches_or_of_several_under_its_largest() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2, 2])
    probs = np.array(
        [
            [0.9, 0.05, 0.05],
            [0.9, 0.05, 0.05],
            [0.35, 0.1, 0.55],
            [0.6, 0.3, 0.1],
            [0.5, 0.2, 0.3],
            [0.6, 0.2, 0.2],
            [0.45, 0.3, 0.25],
        ]
    )
    joint = confident_joint(labels, probs)
    assert confident_thresholds(labels, probs).tolist() == pytest.approx([0.7167, 0.25, 0.225], abs=1e-4)
    # Rows 3 and 4 reach classes 1 and 2 alone; row 5 none; row 6 both, and counts under 0, which it does not reach.
    assert joint.guess_N.tolist() == [0, 0, 2, 1, 2, -1, 0]
    np.testing.assert_array_equal(joint.counts_KK, compute_confident_joint(labels, probs, calibrate=False))


def test_more_than_one_block_holds_is_counted_as_cleanlab_does() -> None:
    labels, probs = random_case(0, 90_000, 5)
    assert probs.size > BLOCK
    found = confident_joint(labels, probs)
    np.testing.assert_array_equal(found.counts_KK, compute_confident_joint(labels, probs, calibrate=False))
    np.testing.assert_array_equal(found.calibrated(labels), compute_confident_joint(labels, probs))
    np.testing.assert_array_equal(found.top_classes.highest_N, probs.max(axis=1))


def test_rounded_rows_keep_their_sums() -> None:
    values = np.array([[1.5, 1.5, 1.5, 0.5], [0.4, 0.4, 0.4, 0.8], [2.0, 0.0, 0.0, 0.0]])
    rounded = round_rows(values)
    assert rounded.sum(axis=1).tolist() == [5, 2, 2]
    assert (np.abs(rounded - values) < 1).all()


@pytest.mark.parametrize("classes", [3, 300, 70_000])
def test_items_come_in_the_order_of_their_classes(classes: int) -> None:
    labels = np.array([2, 0, 2, classes - 1, 0])
    items, starts = by_class(labels, classes)
    assert items.tolist() == sorted(range(5), key=lambda item: labels[item])
    assert items[starts[2] : starts[3]].tolist() == [item for item in range(5) if labels[item] == 2]
    assert by_class(labels, classes, np.array([2, 1, 0])).items.tolist() == [1, 2, 0]

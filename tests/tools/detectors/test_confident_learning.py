"""Confident learning: hand-computed, equal to cleanlab, and safe on degenerate input."""

import numpy as np
import pytest
from cleanlab.filter import find_label_issues as reference_issues
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.errors import DataError, SetupError
from errata.tools.detectors.confident_learning import detect, find_label_issues

FILTERS = (
    "prune_by_noise_rate",
    "prune_by_class",
    "both",
    "confident_learning",
    "predicted_neq_given",
    "low_normalized_margin",
    "low_self_confidence",
)


def planted(seed, rows=120, classes=4, noise=0.2, dtype=np.float64):
    """Labels with flips, and noisy probabilities without a tie. Each class has at least two items."""
    rng = np.random.default_rng(seed)
    true = np.concatenate([np.repeat(np.arange(classes), 2), rng.integers(0, classes, max(0, rows - 2 * classes))])
    logits = rng.normal(size=(len(true), classes)) + 2.5 * np.eye(classes)[true]
    probs = np.exp(logits)
    probs = (probs / probs.sum(axis=1, keepdims=True)).astype(dtype)
    labels = np.where(rng.random(len(true)) < noise, rng.integers(0, classes, len(true)), true)
    labels[: 2 * classes] = true[: 2 * classes]
    return labels, probs


HAND_LABELS = np.array([0, 0, 0, 1, 1, 1])
HAND_PROBS = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.3, 0.7], [0.1, 0.9], [0.95, 0.05]])


def test_flags_the_two_swapped_labels_of_a_hand_computed_case():
    # Thresholds: (.9 + .8 + .2) / 3 = .633 and (.7 + .9 + .05) / 3 = .55, so rows 2 and 5 are sure of the other class.
    assert find_label_issues(HAND_LABELS, HAND_PROBS).tolist() == [False, False, True, False, False, True]


def test_quality_is_low_where_the_flag_is_set():
    scores = detect(HAND_LABELS, HAND_PROBS)
    assert scores.quality.tolist() == pytest.approx([0.9, 0.8, 0.2, 0.7, 0.9, 0.05])
    assert scores.at(0.3).flag.tolist() == scores.flag.tolist()


@pytest.mark.parametrize("filter_by", FILTERS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), classes=st.integers(2, 6), rows=st.integers(12, 150), noise=st.floats(0, 0.6))
def test_flags_equal_cleanlabs(filter_by, seed, classes, rows, noise):
    labels, probs = planted(seed, rows, classes, noise)
    expected = reference_issues(labels, probs, filter_by=filter_by, n_jobs=1)
    np.testing.assert_array_equal(find_label_issues(labels, probs, filter_by=filter_by), expected)


@pytest.mark.parametrize("score", ["self_confidence", "normalized_margin", "confidence_weighted_entropy"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ranking_equals_cleanlabs(score, dtype):
    labels, probs = planted(3, rows=400, classes=5, dtype=dtype)
    expected = reference_issues(labels, probs, return_indices_ranked_by=score, n_jobs=1)
    assert len(expected) > 20
    np.testing.assert_array_equal(find_label_issues(labels, probs, return_indices_ranked_by=score), expected)


@pytest.mark.parametrize("kept", [1, 20])
@pytest.mark.parametrize("frac_noise", [0.3, 1.0])
def test_less_noise_and_kept_examples_equal_cleanlabs(frac_noise, kept):
    labels, probs = planted(5, rows=300, classes=4, noise=0.5)
    options = {"frac_noise": frac_noise, "min_examples_per_class": kept, "filter_by": "both"}
    expected = reference_issues(labels, probs, n_jobs=1, **options)
    np.testing.assert_array_equal(find_label_issues(labels, probs, **options), expected)


@pytest.mark.filterwarnings("ignore:May not flag")
def test_an_absent_class_changes_nothing_for_the_others():
    labels, probs = planted(1, classes=3)
    wider = np.column_stack([probs, np.zeros(len(probs))])
    expected = reference_issues(labels, wider, n_jobs=1)
    np.testing.assert_array_equal(find_label_issues(labels, wider), expected)


def test_the_only_member_of_a_class_is_never_pruned():
    labels, probs = planted(1, classes=3)
    labels = np.where(labels == 2, 0, labels)
    labels[0], probs[0] = 2, [0.5, 0.4, 0.1]
    assert not find_label_issues(labels, probs)[0]


def test_permuted_class_ids_give_the_same_flags():
    labels, probs = planted(8)
    order = np.array([2, 0, 3, 1])
    permuted = find_label_issues(np.argsort(order)[labels], probs[:, order])
    np.testing.assert_array_equal(permuted, find_label_issues(labels, probs))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: np.asfortranarray(p),
        lambda p: np.repeat(p, 2, axis=1)[:, ::2],
        lambda p: p.astype(np.float32),
    ],
)
def test_the_layout_in_memory_does_not_matter(change):
    labels, probs = planted(4)
    changed = change(probs)
    changed.flags.writeable = False
    np.testing.assert_array_equal(find_label_issues(labels, changed), find_label_issues(labels, probs))


def test_float16_probabilities_are_taken():
    labels, probs = planted(4)
    agree = find_label_issues(labels, probs.astype(np.float16)) == find_label_issues(labels, probs)
    assert agree.mean() > 0.95


def test_a_single_class_has_no_issues():
    assert not find_label_issues([0, 0, 0], np.ones((3, 1))).any()


def test_more_classes_than_items_do_not_crash():
    probs = np.full((3, 10), 0.1)
    assert detect([0, 5, 9], probs).flag.tolist() == [False, False, False]


def test_no_items_give_no_flags():
    assert detect(np.empty(0, np.int64), np.empty((0, 3))).flag.shape == (0,)


@pytest.mark.parametrize(
    ("labels", "probs", "says"),
    [
        ([0, 1], [[0.5, 0.5], [np.nan, 0.5]], "Row 1"),
        ([0, 1], [[0.5, 0.5], [1.5, -0.5]], "Row 1"),
        ([0, 1], [[0.5, 0.5], [0.5, 0.6]], "sum to 1"),
        ([0, 1], [[0.5, 0.5]], "shape"),
        ([0, -1], [[0.5, 0.5], [0.5, 0.5]], "unlabeled"),
        ([0, 2], [[0.5, 0.5], [0.5, 0.5]], "0..1"),
        ([0.0, 1.0], [[0.5, 0.5], [0.5, 0.5]], "integer"),
    ],
)
def test_unfit_arrays_are_refused_with_what_is_wrong(labels, probs, says):
    with pytest.raises(DataError, match=says):
        find_label_issues(labels, probs)


def test_an_unknown_filter_is_refused():
    with pytest.raises(SetupError, match="prune_by_noise_rate"):
        find_label_issues(HAND_LABELS, HAND_PROBS, filter_by="prune")

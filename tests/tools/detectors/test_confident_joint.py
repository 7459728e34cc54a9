"""The confident joint: hand-computed, equal to cleanlab's counts, and block by block the same."""

import numpy as np
import pytest
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.tools.detectors import confident_joint as module
from errata.tools.detectors.confident_joint import confident_joint, confident_thresholds


def random_case(seed, rows, classes):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, rows)])
    probs = rng.dirichlet(np.full(classes, 0.7), len(labels))
    return labels, probs


def test_counts_of_a_hand_computed_case():
    labels = np.array([0, 0, 1, 1])
    probs = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.5, 0.5]])
    # Thresholds .65 and .65: rows 0 and 2 are sure, rows 1 and 3 reach neither.
    joint = confident_joint(labels, probs)
    assert confident_thresholds(labels, probs).tolist() == pytest.approx([0.65, 0.65])
    assert joint.guess_N.tolist() == [0, -1, 1, -1]
    assert joint.counts_KK.tolist() == [[1, 0], [0, 1]]
    assert joint.calibrated(labels).tolist() == [[2, 0], [0, 2]]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 200), classes=st.integers(2, 8))
def test_counts_equal_cleanlabs(seed, rows, classes):
    labels, probs = random_case(seed, rows, classes)
    joint = confident_joint(labels, probs)
    np.testing.assert_allclose(confident_thresholds(labels, probs), get_confident_thresholds(labels, probs))
    np.testing.assert_array_equal(joint.counts_KK, compute_confident_joint(labels, probs, calibrate=False))
    np.testing.assert_array_equal(joint.calibrated(labels), compute_confident_joint(labels, probs))


def test_an_item_sure_of_several_classes_counts_under_its_largest():
    labels = np.array([0, 0, 1, 1])
    probs = np.array([[0.5, 0.5], [0.1, 0.9], [0.9, 0.1], [0.4, 0.6]])
    # Thresholds .3 and .35: rows 0 and 3 reach both; row 0 ties, and the first class wins.
    assert confident_joint(labels, probs).guess_N.tolist() == [0, 1, 0, 1]


def test_counting_in_blocks_changes_nothing(monkeypatch):
    labels, probs = random_case(0, 300, 5)
    whole = confident_joint(labels, probs)
    monkeypatch.setattr(module, "BLOCK", 35)
    np.testing.assert_array_equal(confident_joint(labels, probs).guess_N, whole.guess_N)

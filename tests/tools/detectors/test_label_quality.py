"""The three scores: hand-computed and equal to cleanlab's."""

import math

import numpy as np
import pytest
from cleanlab.rank import get_label_quality_scores

from errata.tools.detectors.label_quality import label_quality

SCORES = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_equal_cleanlabs(score, dtype):
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.full(6, 0.5), 500).astype(dtype)
    labels = rng.integers(0, 6, 500)
    expected = get_label_quality_scores(labels, probs, method=score)
    np.testing.assert_allclose(label_quality(labels, probs, score), expected, rtol=2e-5)


def test_hand_computed_scores_of_one_row():
    labels, probs = [1], [[0.7, 0.2, 0.1]]
    entropy = -(0.7 * math.log(0.7) + 0.2 * math.log(0.2) + 0.1 * math.log(0.1)) / math.log(3)
    expected = [0.2, (0.2 - 0.7 + 1) / 2, math.log(1 + entropy / 0.2) / (entropy / 0.2)]
    assert [float(label_quality(labels, probs, score)[0]) for score in SCORES] == pytest.approx(expected)


@pytest.mark.parametrize("score", SCORES)
def test_a_right_label_scores_higher_than_a_wrong_one_and_all_stay_in_range(score):
    quality = label_quality([0, 1, 0, 1], [[1, 0], [1, 0], [0.8, 0.2], [0.8, 0.2]], score)
    assert quality[0] > quality[1]
    assert quality[2] > quality[3]
    assert ((quality >= 0) & (quality <= 1)).all()


@pytest.mark.parametrize("score", SCORES)
def test_one_class_gives_full_quality(score):
    assert label_quality([0], [[1.0]], score).tolist() == [1.0]

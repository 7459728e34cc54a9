"""The three scores: hand-computed and equal to cleanlab's."""

import math
from typing import Any

import numpy as np
import pytest
from cleanlab.rank import get_label_quality_scores

from errata.errors import DataError, SetupError
from errata.tools.detectors.arrays.blocks import BLOCK
from errata.tools.detectors.confident.label_quality import QualityScore, label_quality, quality_scores

SCORES: tuple[QualityScore, ...] = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_equal_cleanlabs(score: QualityScore, dtype: type[np.floating[Any]]) -> None:
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.full(6, 0.5), 500).astype(dtype)
    labels = rng.integers(0, 6, 500)
    expected = get_label_quality_scores(labels, probs, method=score)
    np.testing.assert_allclose(label_quality(labels, probs, score), expected, rtol=2e-5)


def test_hand_computed_scores_of_one_row() -> None:
    labels, probs = [1], [[0.7, 0.2, 0.1]]
    entropy = -(0.7 * math.log(0.7) + 0.2 * math.log(0.2) + 0.1 * math.log(0.1)) / math.log(3)
    expected = [0.2, (0.2 - 0.7 + 1) / 2, math.log(1 + entropy / 0.2) / (entropy / 0.2)]
    assert [float(label_quality(labels, probs, score)[0]) for score in SCORES] == pytest.approx(expected)


@pytest.mark.parametrize("score", SCORES)
def test_a_right_label_scores_higher_than_a_wrong_one_and_all_stay_in_range(score: QualityScore) -> None:
    quality = label_quality([0, 1, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.8, 0.2], [0.8, 0.2]], score)
    assert quality[0] > quality[1]
    assert quality[2] > quality[3]
    assert ((quality >= 0) & (quality <= 1)).all()


@pytest.mark.parametrize("score", SCORES)
def test_one_class_gives_full_quality(score: QualityScore) -> None:
    assert label_quality([0], [[1.0]], score).tolist() == [1.0]


@pytest.mark.parametrize("score", ["self_confidence", "normalized_margin"])
@pytest.mark.parametrize("classes", [6, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_adjusted_scores_equal_cleanlabs(score: QualityScore, classes: int, dtype: type[np.floating[Any]]) -> None:
    rng = np.random.default_rng(1)
    probs = rng.dirichlet(np.full(classes, 0.5), 500).astype(dtype)
    labels = rng.integers(0, 6, 500)  # of seven classes, one is absent
    expected = get_label_quality_scores(labels, probs, method=score, adjust_pred_probs=True)
    np.testing.assert_array_equal(quality_scores(labels, probs, score, adjust=True), expected)
    np.testing.assert_allclose(label_quality(labels, probs, score, adjust=True), expected, rtol=1e-6)


@pytest.mark.parametrize("score", SCORES)
def test_scores_of_some_items_are_theirs_among_all_and_blocks_change_nothing(score: QualityScore) -> None:
    rng = np.random.default_rng(2)
    labels, probs = rng.integers(0, 5, 90_000), rng.dirichlet(np.ones(5), 90_000)
    assert probs.size > BLOCK
    whole = quality_scores(labels, probs, score)
    some = np.array([150, 3, 77])
    np.testing.assert_array_equal(quality_scores(labels, probs, score, items=some), whole[some])
    for part in np.array_split(np.arange(90_000), 3):  # each in one block
        np.testing.assert_array_equal(quality_scores(labels[part], probs[part], score), whole[part])


@pytest.mark.parametrize("sure", [1.0, 1 - 1e-9])
def test_a_row_without_entropy_is_as_good_as_its_self_confidence(sure: float) -> None:
    probs = np.array([[sure, 1 - sure], [sure, 1 - sure]])
    quality = label_quality([0, 1], probs, "confidence_weighted_entropy")
    assert quality.tolist() == pytest.approx([sure, 1 - sure])


def test_an_unknown_score_is_refused_with_those_that_exist() -> None:
    with pytest.raises(SetupError, match="normalized_margin"):
        label_quality([0], [[1.0]], "margin")  # type: ignore[arg-type]  # what is refused


def test_entropy_is_not_adjusted() -> None:
    with pytest.raises(SetupError, match="another score"):
        label_quality([0], [[1.0]], "confidence_weighted_entropy", adjust=True)


def test_what_is_no_distribution_is_refused() -> None:
    with pytest.raises(DataError, match="Row 1"):
        label_quality([0, 0], [[1.0, 0.0], [0.5, np.nan]])

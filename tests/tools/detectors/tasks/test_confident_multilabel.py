"""One class against the rest: equal to cleanlab's per class and per item, and safe on degenerate input."""

from typing import Any

import numpy as np
import pytest
from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
from cleanlab.multilabel_classification.rank import get_label_quality_scores
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.arrays.blocks import BLOCK
from errata.tools.detectors.confident.confident_learning import FilterBy
from errata.tools.detectors.confident.label_quality import QualityScore
from errata.tools.detectors.tasks.confident_multilabel import detect, item_quality, memberships, suspected_by_class
from errata.types import Bool, Probs

SCORES: tuple[QualityScore, ...] = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


def planted(
    seed: int, rows: int = 400, classes: int = 5, noise: float = 0.05, dtype: type[np.floating[Any]] = np.float64
) -> tuple[Bool, Probs, Bool]:
    """Labels with flips, a model's probability of each class, and which items have a flip."""
    rng = np.random.default_rng(seed)
    true = rng.random((rows, classes)) < 0.4
    probs = 1 / (1 + np.exp(-rng.normal(np.where(true, 3, -3), 1)))
    flips: Bool = rng.random(true.shape) < noise
    labels: Bool = true ^ flips
    return labels, probs.astype(dtype), np.any(flips, axis=1)


def as_lists(labels: Bool) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in labels]


def test_quality_of_a_hand_computed_item() -> None:
    # Self-confidences .9 (has it), .3 (has it), .6 (has it not): from the best on, (.9 * .2 + .6 * .8) * .2 + .3 * .8.
    quality = detect([[1, 1, 0]], [[0.9, 0.3, 0.4]]).quality
    assert quality.tolist() == pytest.approx([(0.9 * 0.2 + 0.6 * 0.8) * 0.2 + 0.3 * 0.8])


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    filter_by=st.sampled_from(["prune_by_noise_rate", "both", "confident_learning", "low_self_confidence"]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_the_classes_flagged_equal_cleanlabs(seed: int, filter_by: FilterBy, dtype: type[np.floating[Any]]) -> None:
    labels, probs, _ = planted(seed, rows=60, classes=3, noise=0.2, dtype=dtype)
    expected = find_multilabel_issues_per_class(as_lists(labels), probs, filter_by=filter_by, n_jobs=1)
    found = np.column_stack(list(suspected_by_class(labels, probs, filter_by)))
    np.testing.assert_array_equal(found, expected)


def test_a_joint_and_numbers_to_remove_equal_cleanlabs() -> None:
    labels, probs, _ = planted(3, noise=0.2)
    joint = np.random.default_rng(0).integers(1, 50, (5, 2, 2))
    for options, ours in (
        ({"confident_joint": joint}, {"joint_K22": joint}),
        ({"num_to_remove_per_class": [5, 0, 2, 9, 1]}, {"remove_K": np.array([5, 0, 2, 9, 1])}),
    ):
        expected = find_multilabel_issues_per_class(
            as_lists(labels), probs, filter_by="prune_by_class", n_jobs=1, **options
        )
        found = np.column_stack(list(suspected_by_class(labels, probs, "prune_by_class", **ours)))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("score", "adjust"), [*((score, False) for score in SCORES), ("self_confidence", True), ("normalized_margin", True)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_item_quality_equals_cleanlabs(score: QualityScore, adjust: bool, dtype: type[np.floating[Any]]) -> None:
    labels, probs, _ = planted(1, dtype=dtype)
    expected = get_label_quality_scores(as_lists(labels), probs, method=score, adjust_pred_probs=adjust)
    np.testing.assert_allclose(item_quality(labels, probs, score, adjust=adjust), expected, rtol=1e-5)


def test_planted_flips_are_found() -> None:
    labels, probs, wrong = planted(5)
    scores = detect(labels, probs)
    assert roc_auc_score(wrong, -scores.quality) >= 0.95
    assert scores.flag[wrong].mean() > 0.8
    assert scores.flag[~wrong].mean() < 0.05


def test_permuted_classes_give_the_same_scores() -> None:
    labels, probs, _ = planted(6)
    scores, permuted = detect(labels, probs), detect(labels[:, ::-1], probs[:, ::-1])
    np.testing.assert_array_equal(permuted.flag, scores.flag)
    np.testing.assert_array_equal(permuted.quality, scores.quality)


def test_blocks_and_layout_change_nothing() -> None:
    labels, probs, _ = planted(7, rows=90_000)
    assert probs.size > BLOCK
    mapped = np.asfortranarray(probs)
    mapped.flags.writeable = False
    whole = detect(labels.astype(int), mapped).quality
    for part in np.array_split(np.arange(90_000), 3):  # each in one block
        np.testing.assert_array_equal(detect(labels[part], probs[part]).quality, whole[part])


def test_a_class_that_all_or_none_have_and_one_class_alone_do_not_crash() -> None:
    probs = np.random.default_rng(0).random((20, 2))
    assert detect(np.tile([0, 1], (20, 1)), probs).flag.shape == (20,)
    assert detect(np.zeros((20, 1)), probs[:, :1]).quality.tolist() == pytest.approx((1 - probs[:, 0]).tolist())
    assert detect(np.zeros((0, 3)), np.zeros((0, 3))).flag.shape == (0,)


def test_lists_of_classes_become_a_matrix() -> None:
    assert memberships([[2, 0], [], [1]], 3).tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("labels", "probs", "says"),
    [
        ([[0, 2]], [[0.5, 0.5]], "0 or 1"),
        ([[0, 1, 1]], [[0.5, 0.5]], "shape"),
        ([[0, 1]], [[0.5, 1.5]], "Row 0"),
        ([[0, 1]], [[np.nan, 0.5]], "Row 0"),
    ],
)
def test_invalid_arrays_are_refused(labels: list[list[int]], probs: list[list[float]], says: str) -> None:
    with pytest.raises(DataError, match=says):
        detect(labels, probs)

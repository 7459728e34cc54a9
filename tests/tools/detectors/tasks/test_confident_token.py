"""Tokens of sentences: equal to cleanlab's, and safe on sentences of any length."""

from typing import Any

import numpy as np
import pytest
from cleanlab.token_classification.filter import find_label_issues
from cleanlab.token_classification.rank import get_label_quality_scores
from numpy.typing import NDArray

from errata.errors import DataError
from errata.tools.detectors.confident.label_quality import QualityScore
from errata.tools.detectors.tasks.confident_token import detect, in_a_row, sentence_quality, token_issues
from errata.types import F64

SCORES: tuple[QualityScore, ...] = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
LABELS = [[0, 0, 1], [0, 1]]
PROBS = [np.array([[0.9, 0.1], [0.7, 0.3], [0.05, 0.95]]), np.array([[0.8, 0.2], [0.8, 0.2]])]


def planted(
    seed: int, sentences: int = 60, classes: int = 4, dtype: type[np.floating[Any]] = np.float64
) -> tuple[list[list[int]], list[NDArray[Any]]]:
    rng = np.random.default_rng(seed)
    labels, probs = [], []
    for length in rng.integers(1, 12, sentences):
        true = rng.integers(0, classes, length)
        logits = rng.normal(size=(length, classes)) + 3 * np.eye(classes)[true]
        probs.append((np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(dtype))
        labels.append(np.where(rng.random(length) < 0.1, rng.integers(0, classes, length), true).tolist())
    return labels, probs


def test_the_wrong_token_of_a_hand_computed_case_is_found() -> None:
    assert token_issues(LABELS, PROBS) == [(1, 1)]
    scores = detect(LABELS, PROBS)
    assert scores.flag.tolist() == [False, True]
    assert scores.quality.tolist() == pytest.approx([0.7, 0.2])


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tokens_and_their_order_equal_cleanlabs(score: QualityScore, dtype: type[np.floating[Any]]) -> None:
    labels, probs = planted(0, dtype=dtype)
    expected = find_label_issues(labels, probs, return_indices_ranked_by=score, n_jobs=1)
    assert len(expected) > 10
    assert token_issues(labels, probs, ranked_by=score) == expected


def test_options_are_those_of_confident_learning() -> None:
    labels, probs = planted(1)
    expected = find_label_issues(labels, probs, n_jobs=1, filter_by="both", frac_noise=0.4)
    assert token_issues(labels, probs, filter_by="both", frac_noise=0.4) == expected


@pytest.mark.parametrize("score", SCORES)
def test_sentences_score_as_cleanlabs(score: QualityScore) -> None:
    labels, probs = planted(2)
    expected, _ = get_label_quality_scores(labels, probs, token_score_method=score)
    np.testing.assert_allclose(sentence_quality(in_a_row(labels, probs), score), expected, rtol=1e-6)


def test_a_sentence_without_tokens_is_good_and_shifts_no_other() -> None:
    labels, probs = [[], *LABELS[:1], [], *LABELS[1:], []], [np.empty((0, 2)), PROBS[0], np.empty((0, 2)), PROBS[1]]
    probs.append(np.empty((0, 2)))
    scores = detect(labels, probs)
    assert scores.quality.tolist() == pytest.approx([1, 0.7, 1, 0.2, 1])
    assert scores.flag.tolist() == [False, False, False, True, False]
    assert token_issues(labels, probs) == [(3, 1)]


@pytest.mark.parametrize(
    ("labels", "probs", "says"),
    [
        (LABELS, PROBS[:1], "same sentences"),
        ([], [], "same sentences"),
        ([[0], [0, 1]], PROBS, r"Sentence 0.*\(1, classes\)"),
        ([[0, 1]], [np.array([0.5, 0.5])], "Sentence 0"),
        ([[0, 0, 1], [0]], [PROBS[0], np.array([[1.0]])], "Sentence 1"),
        ([[0, 0, 7], [0, 1]], PROBS, "0..1"),
        (LABELS, [PROBS[0], PROBS[1] * 2], "Row 3"),
    ],
)
def test_unfit_sentences_are_refused_with_which(labels: list[list[int]], probs: list[F64], says: str) -> None:
    with pytest.raises(DataError, match=says):
        detect(labels, probs)

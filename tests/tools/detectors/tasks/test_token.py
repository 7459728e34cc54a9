"""Token sequences: BIO's grammar, forward-backward against all paths, spans, planted wrong tags."""

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.tasks import token
from errata.tools.detectors.tasks.token import (
    detect,
    in_context,
    invalid_transitions,
    sentence_quality,
    spans,
    transitions,
)
from errata.types import F64, Int
from tests.tools.detectors.made import distribution

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
_O, BP, IP, BL, IL = range(5)


def certain(labels: list[int], p: float = 0.9) -> F64:
    probs: F64 = np.full((len(labels), 5), (1 - p) / 4) + (p - (1 - p) / 4) * np.eye(5)[np.asarray(labels)]
    return probs


def tagged(sentences: int = 200, seed: int = 0) -> tuple[Int, F64, Int]:
    """Sentences of eight tokens with one entity of two tokens, and a decent tagger's probabilities."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((sentences, 8), int)
    at, kind = rng.integers(0, 7, sentences), rng.integers(0, 2, sentences)
    rows = np.arange(sentences)
    labels[rows, at], labels[rows, at + 1] = 1 + 2 * kind, 2 + 2 * kind
    logits = 3 * np.eye(5)[labels.ravel()] + rng.normal(size=(labels.size, 5))
    return labels.ravel(), np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), np.full(sentences, 8)


def test_an_inside_tag_that_continues_nothing_is_invalid() -> None:
    labels = [_O, IP, BP, IP, IL, BL, IL, IP, IL]
    invalid = invalid_transitions(labels, [7, 2], TAGS)
    assert np.flatnonzero(invalid).tolist() == [1, 4, 7, 8]


def test_an_invalid_tag_is_flagged_with_quality_0_however_sure_the_tagger() -> None:
    labels = [BP, IP, _O, IL] * 10
    scores = detect(labels, certain(labels, 0.99), [4] * 10, TAGS)
    assert np.flatnonzero(scores.flag).tolist() == list(range(3, 40, 4))
    assert (scores.quality[3::4] == 0).all()


def test_context_equals_the_sum_over_all_valid_paths() -> None:
    rng = np.random.default_rng(0)
    labels, lengths = np.array([_O, BP, IP, _O, BL, BP, IP]), np.array([4, 0, 1, 2])
    probs = rng.dirichlet(np.ones(5), 7)
    first, steps = transitions(labels, lengths, TAGS)
    weights = probs / ((np.bincount(labels, minlength=5) + 1) / 12) ** token.PRIOR_WEIGHT
    expected = np.zeros((4, 5))
    for path in product(range(5), repeat=4):
        chance = first[path[0]] * weights[0, path[0]]
        for i in range(1, 4):
            chance *= steps[path[i - 1], path[i]] * weights[i, path[i]]
        expected[range(4), path] += chance
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(in_context(labels, probs, lengths, TAGS)[:4], expected, rtol=1e-4)


def test_a_forbidden_step_has_no_probability_and_a_rare_one_some() -> None:
    first, steps = transitions(np.array([_O, IP]), np.array([2]), TAGS)
    assert (steps[[_O, BL], [IP, IP]] == 0).all()
    assert first[IP] == 0
    assert steps[BP, IP] > 0
    np.testing.assert_allclose(steps.sum(axis=1), 1, rtol=1e-5)


def test_planted_wrong_tags_rank_lowest_and_lower_than_without_the_sentence() -> None:
    labels, probs, lengths = tagged()
    given = labels.copy()
    wrong = np.random.default_rng(1).choice(np.flatnonzero(labels % 2 == 1), 20, replace=False)
    given[wrong], given[wrong + 1] = 4 - given[wrong], 6 - given[wrong + 1]
    spoiled = np.isin(np.arange(len(labels)), [wrong, wrong + 1])
    quality = detect(given, probs, lengths, TAGS).quality
    alone = probs[np.arange(len(given)), given]
    assert roc_auc_score(spoiled, -quality) >= 0.99
    assert roc_auc_score(spoiled, -quality) > roc_auc_score(spoiled, -alone)


def test_an_order_of_the_sentences_does_not_matter() -> None:
    labels, probs, _ = tagged(3)
    labels, probs, lengths = labels[:20], probs[:20], np.array([4, 11, 5])
    swapped = np.r_[15:20, 0:15]
    quality = detect(labels, probs, lengths, TAGS).quality
    np.testing.assert_allclose(
        detect(labels[swapped], probs[swapped], [5, 4, 11], TAGS).quality, quality[swapped], rtol=1e-4
    )


def test_permuted_tag_ids_permute_the_probabilities() -> None:
    labels, probs, lengths = tagged(20)
    order = np.array([3, 1, 4, 0, 2])
    permuted = in_context(np.argsort(order)[labels], probs[:, order], lengths, [TAGS[k] for k in order])
    np.testing.assert_allclose(permuted, in_context(labels, probs, lengths, TAGS)[:, order], atol=1e-5)


def test_spans_are_those_of_the_conll_scorer() -> None:
    found = spans([BP, IP, _O, IL, IL, BL, BL, IP, BP], [5, 3, 1], TAGS)
    assert found == [(0, 2, "PER"), (3, 5, "LOC"), (5, 6, "LOC"), (6, 7, "LOC"), (7, 8, "PER"), (8, 9, "PER")]
    assert spans([_O, _O], [2], TAGS) == []
    assert spans(np.empty(0, int), [], TAGS) == []


def test_a_sentence_is_nearly_as_good_as_its_worst_token() -> None:
    quality = np.array([0.9, 0.2, 0.8, 0.7, 0.4], np.float32)
    second = np.exp(-0.1 / token.TEMPERATURE)
    expected = [0.2, 1, (0.7 + second * 0.8) / (1 + second), 1, 0.4]
    assert sentence_quality(quality, [2, 0, 2, 0, 1]).tolist() == pytest.approx(expected, rel=1e-5)
    assert sentence_quality(quality[:0], [0]).tolist() == [1]


def test_one_bad_token_among_good_ones_is_worse_than_a_sentence_that_is_hard_throughout() -> None:
    lone, throughout = sentence_quality(np.array([0.02, 1, 1, 0.02, 0.1, 0.1], np.float32), [3, 3])
    assert lone < throughout


@pytest.mark.parametrize(
    ("labels", "lengths"),
    [([_O], [1]), ([IP, IP], [1, 1]), ([_O] * 6, [6]), ([BP, IP, BP], [0, 3]), ([BL] * 5, [2, 3])],
)
def test_degenerate_input_gives_finite_distributions(labels: list[int], lengths: list[int]) -> None:
    probs = np.asfortranarray(np.eye(5, dtype=np.float16)[np.roll(labels, 1)])
    probs.flags.writeable = False
    scores = detect(labels, probs, lengths, TAGS)
    assert np.isfinite(distribution(scores)).all()
    np.testing.assert_allclose(distribution(scores).sum(axis=1), 1, rtol=1e-4)


def test_invalid_input_is_refused() -> None:
    with pytest.raises(DataError, match="sum to the number of tokens, 2, got 3"):
        detect([_O, _O], certain([_O, _O]), [3], TAGS)
    with pytest.raises(DataError, match="'X-PER' is not BIO"):
        invalid_transitions([0], [1], ["X-PER"])
    with pytest.raises(DataError, match="No tag can begin"):
        invalid_transitions([0], [1], ["I-PER"])
    with pytest.raises(DataError, match="each of 2 tags, got 5"):
        detect([_O], certain([_O]), [1], ["O", "B-PER"])
    with pytest.raises(DataError, match="no probability distribution"):
        detect([_O], [[np.nan] * 5], [1], TAGS)

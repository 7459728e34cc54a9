"""CROWDLAB: the same figures as cleanlab on the same votes and probabilities, and defined answers where cleanlab has
none."""

import warnings

import numpy as np
import pytest
from cleanlab.multiannotator import get_label_quality_multiannotator
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.annotators import Votes
from errata.tools.detectors.annotators import crowdlab as module
from errata.tools.detectors.annotators.crowdlab import crowdlab
from errata.types import F64, Int
from tests.tools.detectors.annotators.crowd import crowd, votes_of
from tests.tools.detectors.made import distribution


def random_case(seed: int, items: int, annotators: int, classes: int) -> tuple[Int, F64]:
    """A table in which every item and annotator has a vote and one item has two, and weakly informative
    probabilities."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, items)
    shape = (items, annotators)
    table = np.where(rng.random(shape) < 0.7, truth[:, None], rng.integers(0, classes, shape))
    hidden = rng.random(shape) < 0.5
    hidden[0] = False
    hidden[np.arange(items), rng.integers(0, annotators, items)] = False
    probs = rng.dirichlet(np.full(classes, 0.7), items) + np.eye(classes)[truth] * 0.3
    return np.where(hidden, -1, table), probs / probs.sum(axis=1, keepdims=True)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6), items=st.integers(2, 40), annotators=st.integers(2, 7), classes=st.integers(2, 5))
def test_everything_equals_cleanlabs(seed: int, items: int, annotators: int, classes: int) -> None:
    table, probs = random_case(seed, items, annotators, classes)
    ours = crowdlab(Votes.from_table(table, classes), probs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = get_label_quality_multiannotator(
            np.where(table < 0, np.nan, table), probs, verbose=False, return_weights=True
        )
    quality = theirs["label_quality"]
    np.testing.assert_array_equal(ours.consensus_N, quality["consensus_label"])
    np.testing.assert_allclose(ours.quality_N, quality["consensus_quality_score"], atol=1e-6)
    np.testing.assert_allclose(ours.annotator_weight_M, theirs["annotator_weight"], atol=1e-6)
    assert ours.model_weight == pytest.approx(theirs["model_weight"], abs=1e-6)
    stats = theirs["annotator_stats"].sort_index()["annotator_quality"].to_numpy()
    # cleanlab gives NaN for an annotator who shares no item with others.
    np.testing.assert_allclose(ours.annotator_quality_M[~np.isnan(stats)], stats[~np.isnan(stats)], atol=1e-6)
    cast = table >= 0
    item_V = np.nonzero(cast)[0]
    detailed = theirs["detailed_label_quality"].to_numpy()[cast]
    np.testing.assert_allclose(ours.label_probs_NK[item_V, table[cast]], detailed, atol=1e-6)


def test_weights_of_a_hand_computed_case() -> None:
    # Consensus 0, 0, 1, 1; the third annotator is alone with 1 vote of 4. Guessing 0 errs half the time.
    table = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1], [1, 1, 1]])
    probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    found = crowdlab(Votes.from_table(table, 2), probs)
    # The first two agree with 7 of 8 co-votes, the third with 6 of 8; the model errs once in four.
    assert found.annotator_weight_M.tolist() == pytest.approx([1 - (1 / 8) / 0.5] * 2 + [1 - (2 / 8) / 0.5])
    assert found.model_weight == pytest.approx((1 - 0.25 / 0.5) * np.sqrt(3))
    agreement = (1 + 2 / 3 + 1 + 1) / 4
    weight = found.model_weight + 2
    expected = (found.model_weight * 0.8 + 1.5 * agreement + 0.5 * (1 - agreement)) / weight
    assert found.label_probs_NK[1, 0] == pytest.approx(expected)


def test_planted_wrong_labels_are_found_and_a_small_clean_class_is_left_alone() -> None:
    truth = np.repeat([0, 1, 2], [200, 200, 15])
    votes, _ = crowd(truth=truth, accuracy=0.85)
    probs = np.eye(3)[truth] * 0.6 + 0.4 / 3
    wrong = (np.random.default_rng(0).random(len(truth)) < 0.1) & (truth < 2)
    scores = module.detect(votes, probs, np.where(wrong, 1 - truth, truth))
    assert roc_auc_score(wrong, -scores.quality) > 0.98
    assert scores.flag[wrong].mean() > 0.9
    assert scores.flag[-15:].sum() <= 1


def test_without_votes_an_item_has_the_probabilities_it_came_with() -> None:
    votes, truth = crowd(classes=2)
    probs = np.append(np.eye(2)[truth] * 0.8 + 0.1, [[0.3, 0.7]], axis=0)
    found = crowdlab(votes_of(votes.item_V, votes.annotator_V, votes.label_V, 401, 13, 2), probs)
    assert found.label_probs_NK[-1].tolist() == pytest.approx([0.3, 0.7])
    assert found.consensus_N[-1] == 1
    assert np.isnan(found.annotator_quality_M[-1])
    np.testing.assert_allclose(found.quality_N[:-1], crowdlab(votes, probs[:-1]).quality_N, atol=1e-6)


def test_who_shares_no_item_has_the_mean_weight_and_agreement() -> None:
    table = np.array([[0, 0, -1], [1, 1, -1], [0, 0, -1], [1, 1, -1], [0, 1, -1], [-1, -1, 1]])
    found = crowdlab(Votes.from_table(table, 2), np.full((6, 2), 0.5))
    assert found.annotator_weight_M[0] > 0.1
    assert found.annotator_weight_M[2] == pytest.approx(found.annotator_weight_M[:2].mean())
    assert 0 < found.annotator_quality_M[2] < 1


def test_permuted_classes_and_any_layout_give_the_same_answer() -> None:
    votes, _ = crowd()
    probs = np.random.default_rng(0).dirichlet(np.ones(3), 400)
    order = np.array([2, 0, 1])
    moved = np.asfortranarray(probs[:, np.argsort(order)])
    moved.flags.writeable = False
    permuted = votes_of(votes.item_V, votes.annotator_V, order[votes.label_V], 400, 12, 3)
    np.testing.assert_allclose(
        crowdlab(permuted, moved).label_probs_NK[:, order], crowdlab(votes, probs).label_probs_NK, atol=1e-6
    )


@pytest.mark.parametrize("classes", [1, 2, 50])
def test_degenerate_votes_give_finite_distributions(classes: int) -> None:
    probs = np.full((3, classes), 1 / classes, np.float16)
    scores = module.detect(Votes.from_table(np.zeros((3, 2), np.int64), classes), probs)
    assert np.isfinite(distribution(scores)).all()
    assert not scores.flag.any()


def test_unfit_probabilities_and_lonely_votes_are_refused() -> None:
    votes = Votes.from_table([[0, 1], [1, 1]], 2)
    with pytest.raises(DataError, match="over 2 classes, probabilities over 3"):
        crowdlab(votes, np.full((2, 3), 1 / 3))
    with pytest.raises(DataError, match="Row 1"):
        crowdlab(votes, [[0.5, 0.5], [np.nan, 1]])
    with pytest.raises(DataError, match="two votes"):
        crowdlab(Votes.from_table([[0, -1], [-1, 1]], 2), np.full((2, 2), 0.5))

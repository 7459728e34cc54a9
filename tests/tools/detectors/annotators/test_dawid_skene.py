"""Dawid-Skene: equal to a simple implementation of the paper, better than the majority if annotators differ, and
safe."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.annotators import Votes, detect
from errata.tools.detectors.annotators.dawid_skene import dawid_skene
from errata.tools.detectors.annotators.majority import majority_vote
from errata.types import F64
from tests.tools.detectors.annotators.crowd import crowd, votes_of
from tests.tools.detectors.made import distribution

ALL_COIN = float("inf")


def plain_reading(votes: Votes, few: float, rounds: int) -> F64:
    """The algorithm with loops and whole confusion matrices."""
    N, M, K = votes.num_items, votes.num_annotators, votes.num_classes
    cast = list(zip(votes.item_V, votes.annotator_V, votes.label_V, strict=True))
    probs = np.zeros((N, K))
    for i, _, label in cast:
        probs[i, label] += 1
    probs /= probs.sum(axis=1, keepdims=True)
    for _ in range(rounds):
        confusion = np.full((M, K, K), 1 / (K - 1))
        confusion[:, range(K), range(K)] = 4
        right = np.full(M, 4.0)
        for i, a, label in cast:
            confusion[a, :, label] += probs[i]
            right[a] += probs[i, label]
        confusion /= confusion.sum(axis=2, keepdims=True)
        for a, count in enumerate(votes.per_annotator_M):
            if count < few:
                accuracy = right[a] / (count + 5)
                confusion[a] = (1 - accuracy) / (K - 1)
                confusion[a, range(K), range(K)] = accuracy
        shares = (probs.sum(axis=0) + 1) / (N + K)
        probs = np.tile(shares, (N, 1))
        for i, a, label in cast:
            probs[i] *= confusion[a, :, label]
        probs /= probs.sum(axis=1, keepdims=True)
    return probs


def test_one_round_of_a_hand_computed_case() -> None:
    # One vote for class 0: the classes have 2/3 and 1/3, the annotator is right with (1 + 4) / (1 + 5).
    found = dawid_skene(Votes.from_table([[0]], 2), rounds=1)
    assert found.label_probs_NK[0].tolist() == pytest.approx([10 / 11, 1 / 11])


def test_gold_counts_before_any_other_item_is_looked_at() -> None:
    # Two votes for class 0, the first known to be wrong: right with (1 + 4) / (2 + 5), and the classes have half each.
    found = dawid_skene(Votes.from_table([[0], [0]], 2), np.array([1, -1]), rounds=1)
    assert found.label_probs_NK[1].tolist() == pytest.approx([5 / 7, 2 / 7])


@pytest.mark.parametrize("few", [0, 30, ALL_COIN])
def test_all_three_models_equal_a_plain_reading_of_the_paper(few: int) -> None:
    votes, _ = crowd(items=60, annotators=9, per_item=4, accuracy=0.7)
    assert votes.per_annotator_M.min() < 30
    assert dawid_skene(votes, few=few, rounds=4).label_probs_NK == pytest.approx(plain_reading(votes, few, 4), abs=1e-5)


def test_counting_in_blocks_changes_nothing() -> None:
    votes, _ = crowd()
    whole = dawid_skene(votes).label_probs_NK
    np.testing.assert_allclose(dawid_skene(votes, block=7).label_probs_NK, whole, atol=1e-6)


def test_annotators_with_few_votes_share_the_one_coin_form() -> None:
    votes, _ = crowd(items=30, annotators=60, per_item=5)
    assert votes.per_annotator_M.max() < 10
    np.testing.assert_array_equal(dawid_skene(votes).label_probs_NK, dawid_skene(votes, few=ALL_COIN).label_probs_NK)


def test_one_expert_among_guessers_is_believed_against_the_majority() -> None:
    votes, truth = crowd(items=600, annotators=7, classes=2, per_item=7, accuracy=0.55)
    label = np.where(votes.annotator_V == 3, truth[votes.item_V], votes.label_V)
    votes = votes_of(votes.item_V, votes.annotator_V, label, 600, 7, 2)
    assert (majority_vote(votes) == truth).mean() < 0.8
    assert (dawid_skene(votes).label_probs_NK.argmax(axis=1) == truth).mean() > 0.95


def test_a_label_that_everybody_uses_too_often_is_discounted() -> None:
    rng = np.random.default_rng(1)
    votes, truth = crowd(items=800, annotators=10, classes=2, per_item=5, accuracy=0.95)
    lazy = (votes.annotator_V < 5) & (rng.random(len(votes.label_V)) < 0.7)
    votes = votes_of(votes.item_V, votes.annotator_V, np.where(lazy, 1, votes.label_V), 800, 10, 2)
    matrices = (dawid_skene(votes, few=0).label_probs_NK.argmax(axis=1) == truth).mean()
    assert matrices > (majority_vote(votes) == truth).mean() + 0.05
    assert matrices >= (dawid_skene(votes, few=ALL_COIN).label_probs_NK.argmax(axis=1) == truth).mean()


def test_planted_wrong_labels_are_found() -> None:
    votes, truth = crowd(accuracy=0.85)
    wrong = np.random.default_rng(0).random(len(truth)) < 0.1
    scores = detect(votes, np.where(wrong, (truth + 1) % 3, truth))
    assert roc_auc_score(wrong, -scores.quality) > 0.98
    assert scores.flag[wrong].mean() > 0.9
    assert scores.flag[~wrong].mean() < 0.05


def test_a_small_clean_class_is_not_flagged_in_bulk() -> None:
    truth = np.repeat([0, 1, 2], [300, 300, 15])
    votes, _ = crowd(truth=truth, accuracy=0.85)
    assert detect(votes, truth).flag[-15:].sum() <= 2


def test_without_given_labels_the_consensus_is_scored() -> None:
    votes, _ = crowd()
    scores = detect(votes)
    np.testing.assert_array_equal(scores.quality, distribution(scores).max(axis=1))


def test_gold_is_certain_and_tells_who_can_be_believed() -> None:
    # Two camps contradict each other everywhere; gold on a tenth of the items says which one is right.
    truth = np.tile([0, 1], 100)
    table = np.stack([1 - truth, 1 - truth, 1 - truth, truth, truth], axis=1)
    votes = Votes.from_table(table, 2)
    gold = np.where(np.arange(200) < 20, truth, -1)
    without, found = dawid_skene(votes).label_probs_NK, dawid_skene(votes, gold).label_probs_NK
    assert (without.argmax(axis=1) == truth).mean() < 0.1
    assert found[:20].max(axis=1).tolist() == [1] * 20
    assert (found[:20].argmax(axis=1) == truth[:20]).all()
    alone = dawid_skene(Votes.from_table(np.array([[0, 1]] * 40 + [[0, 1]]), 2), np.array([1] * 40 + [-1]))
    assert alone.label_probs_NK[-1].argmax() == 1


def test_an_item_without_votes_is_neither_flagged_nor_ranked_low() -> None:
    votes, truth = crowd(classes=2)
    more = votes_of(votes.item_V, votes.annotator_V, votes.label_V, 401, 12, 2)
    scores = detect(more, np.append(truth, 1))
    assert scores.quality[-1] == pytest.approx(scores.quality[:-1].mean(), rel=1e-4)
    all_wrong = detect(more, np.append(1 - truth, 1))
    assert all_wrong.quality[-1] < 0.5
    assert all_wrong.flag[:-1].mean() > 0.9
    assert not all_wrong.flag[-1]
    known = detect(more, np.append(truth, 1), np.append(np.full(400, -1), 0))
    assert known.flag[-1]
    assert known.quality[-1] == 0


def test_many_items_without_votes_change_nothing_for_the_others() -> None:
    votes, _ = crowd(truth=np.repeat([0, 1], [300, 100]), classes=2, accuracy=0.7)
    more = votes_of(votes.item_V, votes.annotator_V, votes.label_V, 20_000, 12, 2)
    np.testing.assert_allclose(dawid_skene(more).label_probs_NK[:400], dawid_skene(votes).label_probs_NK, atol=0.005)


def test_permuted_class_ids_permute_the_probabilities() -> None:
    votes, _ = crowd()
    order = np.array([2, 0, 1])
    permuted = votes_of(votes.item_V, votes.annotator_V, order[votes.label_V], 400, 12, 3)
    np.testing.assert_allclose(
        dawid_skene(permuted).label_probs_NK[:, order], dawid_skene(votes).label_probs_NK, atol=1e-5
    )


@pytest.mark.parametrize(
    ("table", "classes"),
    [
        ([[0, 0], [0, 0]], 1),
        ([[0, 0], [0, -1]], 2),
        ([[1], [0], [1]], 2),
        ([[0, 1], [1, 0]], 50),
        ([[-1, 3], [-1, -1]], 4),
        ([[0, 0, 0]] * 20, 3),
    ],
)
def test_degenerate_votes_give_finite_distributions(table: list[list[int]], classes: int) -> None:
    scores = detect(Votes.from_table(table, classes))
    assert np.isfinite(distribution(scores)).all()
    np.testing.assert_allclose(distribution(scores).sum(axis=1), 1, rtol=1e-5)


def test_labels_and_gold_that_do_not_fit_are_refused() -> None:
    votes = Votes.from_table([[0, 1], [1, 1]], 2)
    with pytest.raises(DataError, match=r"0\.\.1"):
        detect(votes, [0, 2])
    with pytest.raises(DataError, match="each of the 2 items"):
        detect(votes, [0, 1, 1])
    with pytest.raises(DataError, match="got 7 for item 1"):
        dawid_skene(votes, [-1, 7])
    with pytest.raises(DataError, match="2 integers"):
        dawid_skene(votes, [0.5, 0.5])

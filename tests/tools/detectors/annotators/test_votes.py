"""Votes: the same from a table and from triples, refused if unreadable; and majority and risk from them."""

from typing import Any

import numpy as np
import pytest
from cleanlab.multiannotator import get_majority_vote_label
from numpy.typing import NDArray

from errata.errors import DataError
from errata.tools.detectors.annotators import Votes
from errata.tools.detectors.annotators.labeler_risk import labeler_risk
from errata.tools.detectors.annotators.majority import majority_vote, vote_shares
from tests.tools.detectors.annotators.crowd import crowd, votes_of

TABLE = np.array([[0, 1, -1], [-1, 2, 2], [-1, -1, -1]])


def test_a_table_and_its_triples_are_the_same_votes() -> None:
    table = Votes.from_table(TABLE, 3)
    triples = votes_of([0, 0, 1, 1], [0, 1, 1, 2], [0, 1, 2, 2], 3, 3, 3)
    for one, other in zip(
        (table.item_V, table.annotator_V, table.label_V),
        (triples.item_V, triples.annotator_V, triples.label_V),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    assert table.per_item_N.tolist() == [2, 2, 0]
    assert table.per_annotator_M.tolist() == [1, 2, 1]
    assert table.counts().tolist() == [[1, 1, 0], [0, 0, 2], [0, 0, 0]]


def test_layout_and_integer_type_of_the_table_do_not_matter() -> None:
    table = np.asfortranarray(np.repeat(TABLE, 2, axis=1).astype(np.int8))[:, ::2]
    table.flags.writeable = False
    np.testing.assert_array_equal(Votes.from_table(table, 3).counts(), Votes.from_table(TABLE, 3).counts())


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.array([[0, 3]]), r"Vote 1 has label 3, outside 0\.\.2"),
        (np.array([[-2, 0]]), "label -2"),
        (np.array([[0.0, np.nan]]), "must be integers"),
        (np.array([0, 1]), "items x annotators"),
        (np.full((4, 2), -1), "no vote"),
    ],
)
def test_tables_that_are_no_votes_are_refused(table: NDArray[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Votes.from_table(table, 3)


def test_triples_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="item 5"):
        votes_of([5], [0], [0], 5, 1, 2)
    with pytest.raises(DataError, match="annotator 1"):
        votes_of([0], [1], [0], 5, 1, 2)
    with pytest.raises(DataError, match="got 2, 1, 1"):
        votes_of([0, 1], [0], [0], 5, 1, 2)
    with pytest.raises(DataError, match="one integer label each"):
        votes_of([0], [0], ["a"], 5, 1, 2)


def test_shares_of_a_hand_computed_case() -> None:
    shares = vote_shares(Votes.from_table(TABLE, 3))
    assert shares.tolist() == [[0.5, 0.5, 0], [0, 0, 1], [0.25, 0.25, 0.5]]


def test_a_tie_goes_to_the_likelier_class_or_else_to_the_rarer_one() -> None:
    votes = Votes.from_table(np.array([[0, 1], [1, 1], [-1, -1]]), 3)
    assert majority_vote(votes).tolist() == [0, 1, 1]
    probs = np.array([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1], [0.2, 0.2, 0.6]])
    assert majority_vote(votes, probs).tolist() == [1, 1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_majority_equals_cleanlabs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(-1, 3, (60, 5))
    table[:, 0] = np.maximum(table[:, 0], 0)
    probs = rng.dirichlet(np.ones(3), 60)
    nan_for_none = np.where(table < 0, np.nan, table)
    np.testing.assert_array_equal(
        majority_vote(Votes.from_table(table, 3), probs), get_majority_vote_label(nan_for_none, probs, verbose=False)
    )


def test_permuted_class_ids_permute_the_majority() -> None:
    votes, _ = crowd(per_item=4)
    order = np.array([2, 0, 1])
    permuted = votes_of(votes.item_V, votes.annotator_V, order[votes.label_V], 400, 12, 3)
    np.testing.assert_array_equal(majority_vote(permuted), order[majority_vote(votes)])


def test_risk_is_what_is_left_of_the_best_label() -> None:
    probs = np.array([[1, 0, 0], [0.25, 0.5, 0.25], [1 / 3, 1 / 3, 1 / 3]], np.float32)
    assert labeler_risk(probs).tolist() == pytest.approx([0, 0.5, 2 / 3])

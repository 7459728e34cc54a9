"""Krippendorff's alpha beside published examples, and what people mix up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from errata.tools.detectors.annotators import Votes
from errata.tools.detectors.annotators.alpha import Alpha, alpha, most_shared, of_annotators, of_label
from errata.tools.detectors.annotators.splits import Split, splits
from errata.tools.detectors.annotators.votes import NONE

BINARY = ("0100000010", "1110010000")
TWO = ("aabbdcccedda", "babbbcccEddd".lower())
FOUR = (
    "123321412...",
    "12332241 25.3".replace(" ", ""),
    ".33323422 51.".replace(" ", ""),
    "123324412 51.".replace(" ", ""),
)
"""Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", A, B, and C: one row for each observer."""


def votes(rows: tuple[str, ...]) -> Votes:
    marks = sorted(set("".join(rows)) - {"."})
    table = [[NONE if mark == "." else marks.index(mark) for mark in row] for row in rows]
    return Votes.from_table(np.array(table).T, len(marks))


@pytest.mark.parametrize(
    ("rows", "ordered", "published", "items", "cast"),
    [
        (BINARY, False, 0.095, 10, 20),
        (TWO, False, 0.692, 12, 24),
        (FOUR, False, 0.743, 11, 40),
        (FOUR, True, 0.815, 11, 40),
    ],
)
def test_alpha_is_as_published(rows: tuple[str, ...], ordered: bool, published: float, items: int, cast: int) -> None:
    found = alpha(votes(rows), ordered=ordered)
    assert found.value == pytest.approx(published, abs=5e-4)
    assert (found.items, found.votes) == (items, cast)
    assert found.low < found.value < found.high <= 1


def test_of_one_label_it_is_that_of_the_label_against_the_rest() -> None:
    binary, four = votes(BINARY), votes(FOUR)
    assert of_label(binary, 1).value == pytest.approx(alpha(binary).value)
    rest = replace(four, label_V=np.where(four.label_V == 2, 1, 0), num_classes=2)
    assert of_label(four, 2) == alpha(rest)


def test_of_two_annotators_it_is_over_the_items_that_both_labeled() -> None:
    four = votes(FOUR)
    assert most_shared(four, 2) == [(1, 3, 10), (2, 3, 10)]
    assert of_annotators(four, 0, 1).items == 9
    assert of_annotators(votes(TWO), 0, 1) == alpha(votes(TWO))


def test_without_two_votes_or_two_labels_nothing_can_be_measured() -> None:
    for rows, items in ((("01..", "..10"), 0), (("11", "11"), 2)):
        found = alpha(votes(rows))
        assert np.isnan(found[:3]).all() and found.items == items


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Annotators right with probability 0.8 on two labels, alike often: alpha of all items is 0.6 squared."""
    held = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        true_N = rng.integers(0, 2, 150)
        table = np.where(rng.random((150, 3)) < 0.8, true_N[:, None], 1 - true_N[:, None])
        found: Alpha = alpha(Votes.from_table(table, 2), draws=300, seed=seed)
        held.append(found.low < 0.36 < found.high)
    assert 0.88 < np.mean(held) <= 1


def test_labels_between_which_many_people_divide_are_told_and_those_of_one_person_are_not() -> None:
    rng = np.random.default_rng(0)
    true_N = rng.integers(0, 4, 400)
    table = np.repeat(true_N[:, None], 4, axis=1)
    mixed = (true_N <= 1)[:, None] & (rng.random((400, 4)) < 0.3)
    table = np.where(mixed, 1 - table, table)  # everybody mixes up 0 and 1
    table[:, 3] = np.where(true_N == 2, 3, table[:, 3])  # one person calls every 2 a 3
    (found,) = splits(Votes.from_table(table, 4), 10)
    assert isinstance(found, Split) and (found.one, found.other, found.sides) == (0, 1, (4, 4))
    assert found.items < found.seen == int((true_N <= 1).sum())


def test_carelessness_divides_all_labels_alike_and_is_no_fault_of_two_of_them() -> None:
    rng = np.random.default_rng(0)
    true_N = rng.integers(0, 4, 400)
    table = np.where(rng.random((400, 4)) < 0.7, true_N[:, None], rng.integers(0, 4, (400, 4)))
    assert splits(Votes.from_table(table, 4), 10) == []
    assert len(splits(Votes.from_table(table // 2, 2), 10)) == 1

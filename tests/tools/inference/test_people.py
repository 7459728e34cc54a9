"""Votes as evidence: they take the place of the given label, and never count twice."""

from __future__ import annotations

import numpy as np
import pytest

from errata.tools.detectors.annotators import Votes
from errata.tools.detectors.annotators.dawid_skene import dawid_skene
from errata.tools.inference.evidence import least_probability
from errata.tools.inference.label_noise import LabelNoise
from errata.tools.inference.people import WEIGHT, People
from errata.tools.inference.posterior import Posteriors, weigh
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import F32, Int, LabelSpace

SPACE = LabelSpace(("cat", "dog", "cow"))
NOISE = LabelNoise(np.full((3, 3), 0.05) + 0.85 * np.eye(3), 1.0)
PROBS_NK = np.array([[0.5, 0.3, 0.2]] * 4, np.float32)


def people(counts: list[list[int]], label_probs: list[list[float]], shares: tuple[float, ...] = (1 / 3,) * 3) -> People:
    return People.of(np.array(label_probs, np.float32), np.array(shares), np.array(counts, np.float32))


def weighed(given: list[int], found: People | None, probs_NK: F32 = PROBS_NK) -> Posteriors:
    given_N: Int = np.array(given, np.int64)
    return weigh(given_N, [probs_NK[: len(given)]], NOISE, VerdictColumns.of((), SPACE), people=found)


def labels(table: Posteriors, idx: int) -> dict[str, float]:
    return dict(table.item(idx).labels)


def test_where_people_voted_the_given_label_says_no_more_and_elsewhere_it_says_what_it_did() -> None:
    found = people([[2, 1, 0], [2, 1, 0], [0, 0, 0]], [[0.7, 0.2, 0.1]] * 3)
    table, without = weighed([0, 1, 1], found), weighed([0, 1, 1], None)
    assert labels(table, 0) == pytest.approx(labels(table, 1))
    assert labels(table, 2) == pytest.approx(labels(without, 2))
    assert labels(table, 0) != pytest.approx(labels(without, 0))


def test_the_posterior_is_the_contents_probability_times_the_votes_likelihood() -> None:
    label_probs, shares = [0.6, 0.3, 0.1], (0.5, 0.3, 0.2)
    table = weighed([2], people([[1, 1, 0]], [label_probs], shares))
    expected = PROBS_NK[0] * (np.array(label_probs) / shares) ** WEIGHT
    expected = expected / expected.sum()
    assert labels(table, 0) == pytest.approx(dict(zip(SPACE.names, expected.tolist(), strict=True)), abs=1e-5)


def test_a_label_that_only_people_thought_of_is_a_candidate() -> None:
    space = LabelSpace(tuple(f"c{k}" for k in range(9)))
    probs_NK = np.array([[0.3, 0.3, 0.3, *[0.1 / 6] * 6]], np.float32)
    votes = Votes.from_triples([0] * 3, [0, 1, 2], [8] * 3, num_items=1, num_annotators=3, num_classes=9)
    found = dawid_skene(votes)
    by = People.of(found.label_probs_NK, found.class_shares_K, votes.counts())
    noise = LabelNoise(np.full((9, 9), 1 / 9), 1.0)
    table = weigh(np.array([0]), [probs_NK], noise, VerdictColumns.of((), space), people=by)
    assert "c8" in labels(table, 0)


def test_no_votes_however_many_make_a_label_impossible() -> None:
    found = people([[0, 50, 0]], [[0.0, 1.0, 0.0]])
    assert found.logs(np.array([0]), np.array([[0, 1, 2]])).min() == pytest.approx(np.log(least_probability(3)))
    assert (found.probs_NK.sum(axis=1) == pytest.approx(1)) and found.quality(np.array([1]))[0] > 0.99

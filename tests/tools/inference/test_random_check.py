"""Random checks: the sample is uniform, and the limits are exact."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from errata.tools.inference.random_check import APART, Checked, sample_of


@pytest.mark.parametrize(("population", "sample", "wrong"), [(50, 10, 0), (50, 10, 10), (300, 60, 4), (40, 40, 3)])
def test_the_limits_are_those_counts_that_neither_tail_refutes(population: int, sample: int, wrong: int) -> None:
    counts = np.arange(population + 1)
    possible = hypergeom.pmf(wrong, population, counts, sample) > 0
    kept = (
        (hypergeom.sf(wrong - 1, population, counts, sample) > 0.025)
        & (hypergeom.cdf(wrong, population, counts, sample) > 0.025)
        & possible
    )
    low, high = Checked(population, sample, wrong).limits
    assert (low, high) == (int(np.flatnonzero(kept)[0]), int(np.flatnonzero(kept)[-1]))


def test_the_limits_hold_the_truth_at_least_as_often_as_they_say() -> None:
    for true in (0, 3, 40, 150):
        rng = np.random.default_rng(true)
        wrong = rng.hypergeometric(true, 200 - true, 50, 2000)
        limits = {k: Checked(200, 50, k).limits for k in map(int, np.unique(wrong))}
        held = np.mean([limits[int(k)][0] <= true <= limits[int(k)][1] for k in wrong])
        assert held > 0.95


def test_a_check_of_everything_leaves_no_doubt() -> None:
    assert Checked(12, 12, 5).limits == (5, 5) and Checked(12, 12, 5).unseen_limits() == (0, 0)


def test_what_is_unknown_counts_as_either() -> None:
    known = Checked(1000, 100, 10), Checked(1000, 100, 14)
    assert Checked(1000, 100, 10, 4).limits == (known[0].limits[0], known[1].limits[1])
    assert Checked(1000, 100, 0, 100).limits == (0, 1000)
    assert Checked(1000, 100, 10, 50).estimate == 200 and Checked(1000, 100, 0, 100).estimate == 0


def test_four_wrong_of_two_hundred() -> None:
    """The figures that errata's design promises: of the 12,400 that nobody has looked at, 0.5% to 5.1%."""
    low, high = (limit / 12_400 for limit in Checked(12_600, 200, 4).unseen_limits())
    assert 0.005 <= low < 0.006 and 0.050 < high <= 0.051


def test_any_part_of_the_unseen_may_hold_all_that_are_wrong() -> None:
    found = Checked(1000, 100, 10)
    low, high = found.unseen_limits()
    assert found.unseen_limits(900) == (low, high) and found.unseen_limits(890) == (max(0, low - 10), high)
    assert found.unseen_limits(5) == (0, 5)


def test_each_item_is_drawn_as_often_as_any_other_and_none_twice() -> None:
    population = np.arange(100, 120)
    counts = np.zeros(20)
    for seed in range(3000):
        sample, _ = sample_of(population, 5, seed)
        assert len(set(sample)) == 5
        counts[np.array(sample) - 100] += 1
    assert np.abs(counts / 3000 - 0.25).max() < 0.04


def test_some_come_again_well_after_the_first_time() -> None:
    sample, order = sample_of(np.arange(1000), 200, 7)
    assert len(sample) == 200 and len(order) == 210 and set(order) == set(range(200))
    assert list(dict.fromkeys(order)) == list(range(200))
    again = [p for p in range(200) if order.count(p) == 2]
    assert len(again) == 10
    assert all(len(order) - 1 - order[::-1].index(p) - order.index(p) >= APART for p in again)


@pytest.mark.parametrize("size", [1, 2, 3, 9, 10])
def test_a_small_population_is_drawn_whole(size: int) -> None:
    sample, order = sample_of(np.arange(size), 200, 0)
    assert sorted(sample) == list(range(size)) and set(order) == set(range(size))

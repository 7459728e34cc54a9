"""The mixture: rises with the value, finds the lower part, and small groups borrow from all items."""

import numpy as np
import pytest

from errata.tools.detectors.optional.mixture import Mixture, expect, pooled, upper_probability
from errata.types import F64


def values(clean: int, noisy: int, seed: int = 0) -> F64:
    rng = np.random.default_rng(seed)
    found: F64 = np.r_[rng.normal(3, 0.5, clean), rng.normal(0, 0.5, noisy)]
    return found


def test_two_parts_are_told_apart() -> None:
    given = values(160, 40)
    upper = upper_probability(given, np.zeros(200, np.int64), 1)
    assert (upper[:160] > 0.9).mean() > 0.95
    assert (upper[160:] < 0.1).mean() > 0.95


def test_the_probability_only_rises_with_the_value() -> None:
    given = np.sort(np.r_[values(160, 40), 9, -9])
    assert (np.diff(upper_probability(given, np.zeros(202, np.int64), 1)) >= 0).all()


def test_the_probability_equals_bayes_rule_on_the_fit() -> None:
    fit = Mixture(np.array([[0.25, 0.75]]), np.array([[0.0, 2.0]]), np.array([[1.0]]))
    upper, _ = expect(np.array([1.0, 2.0]), np.zeros(2, np.int64), fit)
    assert upper.tolist() == pytest.approx([0.75, 0.75 / (0.75 + 0.25 * np.exp(-2))])


def test_each_group_has_its_own_split() -> None:
    # Clean values of the hard group are in the range of the easy group's noisy ones.
    easy, hard = values(160, 40), values(160, 40) - 3
    groups = np.repeat([0, 1], 200)
    upper = upper_probability(np.r_[easy, hard], groups, 2)
    assert upper[200:360].mean() > 0.9
    assert upper[160:200].mean() < 0.1
    assert upper[360:].mean() < 0.1


def test_a_small_group_follows_all_items() -> None:
    groups = np.r_[np.zeros(200, np.int64), 1]
    assert upper_probability(np.r_[values(160, 40), 0.0], groups, 2)[-1] < 0.1
    assert upper_probability(np.r_[values(160, 40), 3.0], groups, 2)[-1] > 0.9


def test_a_group_of_one_part_is_split_as_all_items_are() -> None:
    groups = np.r_[np.zeros(200, np.int64), np.ones(100, np.int64)]
    given = np.r_[values(160, 40), 2 * values(100, 0, seed=1) - 4]
    expected, _ = expect(given, np.zeros(300, np.int64), pooled(given))
    np.testing.assert_allclose(upper_probability(given, groups, 2)[200:], expected[200:])


@pytest.mark.parametrize("given", [[], [1.0], [2.0] * 9, [0.0, 1.0]])
def test_degenerate_values_give_probabilities(given: list[float]) -> None:
    upper = upper_probability(np.array(given), np.zeros(len(given), np.int64), 3)
    assert ((upper >= 0) & (upper <= 1)).all()

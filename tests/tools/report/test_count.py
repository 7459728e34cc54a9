from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.tools.report.count import WrongCount, count_wrong

NAN = float("nan")


def test_the_estimate_is_the_sum_of_the_doubts() -> None:
    # 0.5 + 0.2 + 0.3; the variance is 0.25 + 0.16 + 0.21 = 0.62, and half of it may be shared
    found = count_wrong([0.5, 0.8, 0.7, 1.0])
    assert found.estimate == pytest.approx(1.0)
    assert found.high == pytest.approx(1.0 + 1.959964 * math.sqrt(0.62 + 0.31**2))
    assert found.low == 0.0
    assert found.items == 4


def test_items_without_a_quality_are_left_out() -> None:
    assert count_wrong([NAN, 0.25, NAN], [0.0, 0.25, 0.0]) == count_wrong([0.25], [0.25])


def test_the_interval_includes_what_another_measure_says() -> None:
    found = count_wrong([1.0] * 100, [0.0] * 30 + [1.0] * 70)
    assert (found.estimate, found.low, found.high) == (0.0, 0.0, 30.0)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_the_bounds_enclose_the_estimate_within_the_items(quality: list[float]) -> None:
    found = count_wrong(quality)
    assert 0 <= found.low <= found.estimate + 1e-9
    assert found.estimate - 1e-9 <= found.high <= found.items == len(quality)


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (WrongCount(312.4, 243, 386, 5000), "about 310 wrong labels, 240 to 390: unchecked estimate"),
        (WrongCount(1.2, 0.1, 2.4, 50), "about 1 wrong label, 0 to 3: unchecked estimate"),
        (WrongCount(0.0, 0.0, 0.0, 50), "about 0 wrong labels, 0 to 0: unchecked estimate"),
        (WrongCount(12_345, 11_950, 12_701, 10**6), "about 12,000 wrong labels, 11,000 to 13,000: unchecked estimate"),
        (WrongCount(99.6, 60, 100.0, 1000), "about 100 wrong labels, 60 to 100: unchecked estimate"),
        (WrongCount(3.0, 3.0 - 1e-12, 3.0 + 1e-12, 9), "about 3 wrong labels, 3 to 3: unchecked estimate"),
    ],
)
def test_the_sentence_says_two_digits_and_rounds_the_interval_outward(count: WrongCount, sentence: str) -> None:
    assert count.sentence == sentence


def test_no_bound_is_rounded_past_the_number_of_items() -> None:
    assert WrongCount(100, 90, 123, 123).figures == "about 100 wrong labels, 90 to 123"


def test_without_labels_the_sentence_claims_nothing() -> None:
    assert count_wrong([NAN]).figures == "no label could be checked"
    assert count_wrong([]).share == 0.0

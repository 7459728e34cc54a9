"""The budget is hard: a call that it has no room for is refused before it is made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.errors import BudgetExceeded, SetupError
from errata.tools.judging.pacing.budget import Budget, Prices, Spent


def test_no_text_means_no_limits() -> None:
    budget = Budget.parse("")
    for _ in range(1000):
        budget.charge(budget.reserve(10**6, 10), 10**6, 10)
    assert budget.spent.calls == 1000


def test_a_budget_is_read_with_spaces_and_exponents() -> None:
    budget = Budget.parse(" calls=2000, usd=5 ,minutes=30,tokens=1e6")
    assert (budget.calls, budget.usd, budget.minutes, budget.tokens) == (2000, 5, 30, 1e6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("call=5", "no 'call' .nearest: 'calls'"),
        ("calls=many", "calls must be a number of at least 0, got 'many'"),
        ("usd=-1", "usd must be a number of at least 0, got '-1'"),
        ("minutes=nan", "minutes must be"),
        ("tokens=", "tokens must be"),
        ("5", "no '5'"),
    ],
)
def test_a_budget_that_cannot_be_read_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        Budget.parse(text)


def test_calls_in_flight_count_before_they_are_charged() -> None:
    budget = Budget(calls=2)
    first, _ = budget.reserve(1, 1), budget.reserve(1, 1)
    with pytest.raises(BudgetExceeded, match="budget of 2 calls leaves no room"):
        budget.reserve(1, 1)
    budget.release(first)
    budget.reserve(1, 1)


def test_dollars_come_from_tokens_and_prices() -> None:
    budget = Budget(prices=Prices(in_usd_per_mtok=2.0, out_usd_per_mtok=10.0))
    assert budget.charge(budget.reserve(0, 0), 500_000, 100_000) == pytest.approx(2.0)
    assert budget.spent.usd == pytest.approx(2.0)


def test_a_call_holds_back_what_the_largest_so_far_took() -> None:
    budget = Budget(tokens=100)
    budget.charge(budget.reserve(1, 1), 50, 10)
    with pytest.raises(BudgetExceeded, match="budget of 100 tokens"):
        budget.reserve(1, 1)


def test_before_the_first_call_its_estimate_is_held_back() -> None:
    with pytest.raises(BudgetExceeded):
        Budget(tokens=100).reserve(101, 0)


def test_a_resumed_run_continues_from_what_it_had_spent() -> None:
    budget = Budget(calls=10, before=Spent(calls=10))
    with pytest.raises(BudgetExceeded, match="10 calls"):
        budget.reserve(1, 1)
    with pytest.raises(BudgetExceeded, match="minutes"):
        Budget(minutes=5, before=Spent(minutes=5.1)).reserve(1, 1)


@given(
    st.floats(0, 1e4),
    st.integers(0, 50),
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=60),
)
def test_one_after_another_calls_of_one_size_never_pass_a_limit(
    tokens: float, calls: int, sizes: list[tuple[int, int]]
) -> None:
    budget = Budget(tokens=tokens, calls=calls)
    size = max(sizes, default=(1, 1))
    for _ in sizes:
        try:
            room = budget.reserve(*size)
        except BudgetExceeded:
            break
        budget.charge(room, *size)
    assert budget.spent.tokens <= tokens
    assert budget.spent.calls <= calls

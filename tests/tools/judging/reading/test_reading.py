"""Readings: from a first token's probabilities, or from answers alone, to log-probabilities over the options."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.prompts.options import WRAPPING, Option, follower, keys_that_continue, lay_out
from errata.tools.judging.chat import TokenChoice
from errata.tools.judging.reading.reading import SURE, Reading, combine, normalized
from errata.tools.judging.reading.reading import read as read_tokens


def letters(*keys: str) -> tuple[Option, ...]:
    return lay_out([(key, key, "") for key in keys], aliased=True)


def names(*keys: str) -> tuple[Option, ...]:
    return lay_out([(key, key, "") for key in keys], aliased=False)


def read(said: str, first: dict[str, float] | None, options: tuple[Option, ...]) -> Reading | None:
    """What an answer of one token says."""
    begun = max(first, key=first.__getitem__, default=said) if first else said
    return read_tokens(said, None if first is None else (TokenChoice(begun, first),), options)


def logs(**probs: float) -> dict[str, float]:
    return {token: math.log(p) for token, p in probs.items()}


def probs_of(reading: Reading | None) -> dict[str, float]:
    assert reading is not None
    assert reading.log_probs is not None
    return {key: math.exp(value) for key, value in reading.log_probs.items()}


def test_raw_probabilities_are_renormalized_over_the_options() -> None:
    found = probs_of(read("A", logs(A=0.3, B=0.1, The=0.6), letters("cat", "dog")))
    assert found == pytest.approx({"cat": 0.75, "dog": 0.25})


def test_spellings_of_one_token_add_up() -> None:
    tokens = {" A": math.log(0.2), "A": math.log(0.2), "a": math.log(0.2), "B": math.log(0.4)}
    assert probs_of(read("A", tokens, letters("cat", "dog"))) == pytest.approx({"cat": 0.6, "dog": 0.4})


def test_an_option_among_none_of_the_top_tokens_is_less_likely_than_all_of_them() -> None:
    found = probs_of(read("A", logs(A=0.9, x=0.05, y=0.01), letters("cat", "dog")))
    assert found["dog"] / found["cat"] == pytest.approx(0.01 / math.e / 0.9)


def test_masked_tokens_are_believed_no_further_than_a_million_to_one() -> None:
    reading = read("A", {"A": 0.0, "B": -9999.0}, letters("cat", "dog"))
    assert reading is not None
    assert reading.log_probs is not None
    assert reading.log_probs["dog"] == pytest.approx(-SURE, abs=1e-4)


def test_an_answer_outside_the_options_is_no_reading_whatever_its_probabilities() -> None:
    assert read("A cat, I think", logs(A=0.99), letters("cat", "dog")) is None
    assert read("", logs(A=0.99), letters("cat", "dog")) is None


@pytest.mark.parametrize(
    "tokens",
    [None, {}, {"The": -0.1}, {"A": math.nan}, {"A": -math.inf}],
    ids=["none", "empty", "others", "nan", "inf"],
)
def test_without_usable_probabilities_the_answer_itself_still_counts(tokens: dict[str, float] | None) -> None:
    reading = read("A", tokens, letters("cat", "dog"))
    assert reading == Reading("cat", ("cat", "dog"), None)


def test_names_that_begin_alike_have_no_probabilities_but_an_answer() -> None:
    reading = read("sports car", logs(sports=0.8, cat=0.2), names("sports car", "sports bike", "cat"))
    assert reading == Reading("sports car", ("sports car", "sports bike", "cat"), None)


def test_a_longer_token_takes_an_option_away_from_a_shorter_one() -> None:
    tokens = {"1": math.log(0.6), "10": math.log(0.3), "2": math.log(0.1)}
    assert probs_of(read("1", tokens, names("1", "10", "2"))) == pytest.approx({"1": 0.6, "10": 0.3, "2": 0.1})


def test_a_little_ambiguous_mass_is_left_out() -> None:
    tokens = logs(c=0.05, cat=0.6, cow=0.35)
    assert probs_of(read("cat", tokens, names("cat", "cow"))) == pytest.approx({"cat": 0.6 / 0.95, "cow": 0.35 / 0.95})


def test_labels_of_several_tokens_are_told_apart_along_their_trie() -> None:
    options = names("sports car", "sports bike", "cat", "1", "10")
    tokens = (
        TokenChoice("sports", logs(sports=0.5, cat=0.1) | {"1": math.log(0.2), "The": math.log(0.2)}),
        TokenChoice(" bike", {" bike": math.log(0.6), " car": math.log(0.2), "s": math.log(0.2)}),
    )
    found = probs_of(read_tokens("sports bike", tokens, options[:3]))
    assert found == pytest.approx({"sports bike": 0.625, "sports car": 5 / 6 / 4, "cat": 1 / 6})
    ended = (
        TokenChoice("1", {"1": 0.0, "c": -50.0}),
        TokenChoice("<|im_end|>", {"<|im_end|>": math.log(0.7), "0": math.log(0.3)}),
    )
    assert probs_of(read_tokens("1", ended, names("1", "10"))) == pytest.approx({"1": 0.7, "10": 0.3})


def test_two_orders_are_averaged_in_log_odds() -> None:
    first = Reading("a", ("a", "b"), logs(a=0.9, b=0.1))
    second = Reading("b", ("b", "a"), logs(a=0.4, b=0.6))
    found = combine([first, second])
    assert found["a"] - found["b"] == pytest.approx((math.log(9) + math.log(4 / 6)) / 2)


def test_without_probabilities_the_agreement_rate_is_smoothed() -> None:
    bare = [Reading(key, ("a", "b", "c", "d"), None) for key in "aab"]
    found = {key: math.exp(value) for key, value in combine(bare).items()}
    assert found == pytest.approx({"a": 2.25 / 4, "b": 1.25 / 4, "c": 0.25 / 4, "d": 0.25 / 4})


def test_one_reading_without_probabilities_makes_all_count_as_answers() -> None:
    mixed = [Reading("a", ("a", "b"), logs(a=0.6, b=0.4)), Reading("a", ("a", "b"), None)]
    assert math.exp(combine(mixed)["a"]) == pytest.approx(2.5 / 3)


@given(
    st.dictionaries(
        st.text(st.sampled_from("ABCab 1*x"), max_size=3),
        st.floats(-20000, 0.5) | st.sampled_from([-math.inf, math.nan]),
        max_size=20,
    ),
    st.sampled_from(["A", "B", "C", "cat", "cat b", "1", "?"]),
    st.booleans(),
)
def test_every_reading_sums_to_one_over_all_options(tokens: dict[str, float], said: str, aliased: bool) -> None:
    options = lay_out([(key, key, "") for key in ("cat", "cat b", "1")], aliased=aliased)
    reading = read(said, tokens, options)
    if reading is not None:
        found = combine([reading])
        assert set(found) == {"cat", "cat b", "1"}
        assert sum(map(math.exp, found.values())) == pytest.approx(1)
        assert all(math.isfinite(value) for value in found.values())


def test_normalized_survives_very_small_numbers() -> None:
    assert normalized({"a": -5000.0, "b": -5000.0}) == pytest.approx({"a": math.log(0.5), "b": math.log(0.5)})


TOKENS = st.text(alphabet=f"ABCabcxK\u212a1 {WRAPPING}", max_size=4)


@given(TOKENS, TOKENS)
def test_letters_looked_up_are_letters_compared(begun: str, token: str) -> None:
    options = letters("cat", "dog", "cow")
    assert follower(options)(begun, token) == keys_that_continue(begun, token, options)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("kitchen", "kitchen"),
        ("Kitchen.", "kitchen"),
        ("Answer: B", "kitchen"),
        ("**Answer:** B", "kitchen"),
        ("The correct answer is B.", "kitchen"),
        ("Answer: kitchen", "kitchen"),
        ("B: kitchen", "kitchen"),
        ("B. kitchen", "kitchen"),
        ("None_of_these", "none_of_these"),
        ("<think>sport?</think>\n\nkitchen", "kitchen"),
        ("B, since there is flour", None),
        ("sport or kitchen", None),
        ("Answer:", None),
        ("A) kitchen", None),
        ("<think>kitchen", None),
    ],
)
def test_the_words_of_one_option_and_a_lead_in_are_read(said: str, key: str | None) -> None:
    reading = read_tokens(said, None, letters("sport", "kitchen", "none_of_these", "cannot_tell"))
    assert (reading.key if reading else None) == key


def test_words_that_are_the_letter_of_another_are_the_letter() -> None:
    reading = read_tokens("B", None, letters("B", "A"))
    assert reading is not None and reading.key == "A"


def test_probabilities_after_a_lead_in_are_those_of_the_answer() -> None:
    top = {"B": math.log(0.8), "A": math.log(0.2)}
    tokens = [
        TokenChoice("Answer", {"Answer": -0.01, "A": -5.0}),
        TokenChoice(":", {":": -0.01}),
        TokenChoice(" B", top),
    ]
    reading = read_tokens("Answer: B", tokens, letters("sport", "kitchen"))
    assert probs_of(reading) == pytest.approx({"sport": 0.2, "kitchen": 0.8}, abs=0.01)


def test_probabilities_of_words_are_those_of_the_words() -> None:
    tokens = [TokenChoice("kitchen", {"kitchen": math.log(0.7), "sport": math.log(0.2), "A": math.log(0.1)})]
    reading = read_tokens("kitchen", tokens, letters("sport", "kitchen"))
    assert probs_of(reading)["kitchen"] == pytest.approx(7 / 9, abs=0.01)

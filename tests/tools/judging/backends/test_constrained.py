"""The tree of the choices' tokens: everything decoded along it is one of the choices."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.tools.judging.backends.constrained import ChoiceTree, by_text

END = 0


def letters_as_tokens(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def tree(*choices: str) -> ChoiceTree:
    return ChoiceTree.of(choices, letters_as_tokens, END)


def test_one_step_is_enough_if_first_tokens_differ() -> None:
    assert tree("cat", "dog").steps == 1
    assert tree("cat", "dog").read((ord("d"),)) == "dog"


def test_choices_that_begin_alike_need_as_many_steps_as_the_longest_and_an_end() -> None:
    assert tree("cat", "cow").steps == 4


def test_a_choice_that_begins_another_may_end_or_go_on() -> None:
    numbers = tree("1", "10", "2")
    assert numbers.allowed(()) == [ord("1"), ord("2")]
    assert numbers.allowed((ord("1"),)) == [END, ord("0")]
    assert numbers.allowed((ord("1"), ord("0"))) == [END]
    assert numbers.read((ord("1"),)) == "1"


def test_a_choice_may_be_spelled_in_any_tokens() -> None:
    assert tree("cat", "cow").spelled("c") == {"a", "at", "o", "ow"}
    assert tree("cat", "cow").spelled("cow") == set()


@given(
    st.lists(st.text("ab1", min_size=1, max_size=5), min_size=1, max_size=8, unique=True),
    st.randoms(use_true_random=False),
)
def test_any_walk_along_the_allowed_tokens_ends_in_a_choice(choices: list[str], random: Random) -> None:
    walked = tree(*choices)
    begun: tuple[int, ...] = ()
    for _ in range(walked.steps):
        token = random.choice(walked.allowed(begun))
        if token == END:
            break
        begun = (*begun, token)
    assert walked.read(begun) in choices


def test_choices_that_a_tokenizer_cannot_tell_apart_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"cannot tell these answers apart: \['a', 'b'\]"):
        ChoiceTree.of(("a", "b"), lambda _: [7], END)
    with pytest.raises(ValueError, match="cannot tell"):
        ChoiceTree.of(("a",), lambda _: [], END)


def test_tokens_of_one_text_add_up() -> None:
    assert by_text([("x", math.log(0.25)), ("x", math.log(0.5)), ("y", -math.inf)]) == {
        "x": pytest.approx(math.log(0.75))
    }

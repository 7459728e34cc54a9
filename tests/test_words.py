"""How outcomes and answers are named for people."""

from __future__ import annotations

from typing import get_args

import pytest

from errata import words
from errata.types import Answer, Outcome


def test_every_outcome_and_every_answer_has_a_word_without_code_in_it() -> None:
    said = [words.outcome(name) for name in get_args(Outcome)] + [words.answer(key) for key in get_args(Answer)]
    assert not [word for word in said if "_" in word]


def test_an_outcome_is_said_as_the_answer_of_the_same_name_is() -> None:
    assert words.outcome("none_of_these") == words.answer("none_of_these") == "none of these"
    assert words.proposal("none_of_these", "cat", "dog") == "none of these"
    assert words.decided("none_of_these", None, "cat") == "cat: none of these"


@pytest.mark.parametrize(("label", "said"), [("cat", "kept cat"), ("dog", "cat -> dog")])
def test_a_decision_says_what_it_does_to_the_label(label: str, said: str) -> None:
    assert words.decided("label", label, "cat") == said

"""What is reported about labels before they are used."""

from __future__ import annotations

from typing import Any

import pytest

from errata.tools.data.remarks import remarks
from errata.types import LabelSpace


def told(*labels: str, **of_space: Any) -> tuple[str, ...]:
    names = tuple(sorted(set(labels) - {word for words in of_space.values() for word in words}))
    return remarks(labels, LabelSpace(names, **of_space))


@pytest.mark.parametrize("word", ["-1", "nan", "NaN", "n/a", "none", "NULL", "?", " Unknown ", "-", "#N/A", "-100"])
def test_a_word_that_often_means_no_label_among_classes_is_reported_with_its_count(word: str) -> None:
    [line] = told(*"0120", word, word)
    assert line.startswith(f"2 of 6 labels are {word!r}, which often means 'no label'; here it counts as a class.")
    assert "--no-label" in line


@pytest.mark.parametrize(
    "labels",
    [
        ["None", "NA", "null", "None"],  # no other labels
        ["yes", "none", "yes"],
        ["1", "-1", "1"],
        ["-2", "-1", "0", "1", "2"],
        ["cat", "dog", "nancy", "cow"],
    ],
)
def test_classes_that_only_look_alike_are_not_reported(labels: list[str]) -> None:
    assert told(*labels) == ()


def test_what_is_to_be_typed_is_quoted_for_a_shell() -> None:
    [line] = told("a", "b", "no label")
    assert line.endswith("pass --no-label 'no label'.")


def test_spellings_of_one_label_are_reported_in_one_line() -> None:
    [line] = told("cat", "Cat", "cat ", "dog", "DOG", spellings={"Cat": "cat", "cat ": "cat", "DOG": "dog"})
    assert line.startswith("'cat', 'Cat' and 'cat '; 'dog' and 'DOG' differ only in case, blanks or Unicode form")


def test_rows_that_still_have_a_former_name_are_reported() -> None:
    [line] = told("new", "old", "b", spellings={"old": "new"}, renames={"old": "new", "other": "b"})
    assert line == "1 row holds 'old', which is called 'new' today: they count as that."

"""Which classes the pieces of a guideline are about."""

from __future__ import annotations

import pytest

from errata.tools.guideline.class_names import ClassNames, words_of
from errata.tools.guideline.units import About, units
from errata.types import LabelSpace

SPACE = LabelSpace(
    ("cat", "dog", "hot dog", "card_arrival", "C++"), spellings={"Kitty": "cat"}, renames={"hound": "dog"}
)
NAMES = ClassNames(words_of(SPACE))


def about(markdown: str) -> list[tuple[str, set[About]]]:
    return [(unit.text, set(unit.about)) for unit in units(markdown, NAMES.named)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A CAT.", {"cat"}),
        ("a kitty and a hound", {"cat", "dog"}),
        ("a hot  dog", {"hot dog"}),
        ("a hot dog and a dog", {"hot dog", "dog"}),
        ("concatenate, dogma, cats", set()),
        ("**cat**: (dog)", {"cat", "dog"}),
        ("the card arrival", {"card_arrival"}),
        ("C++, not C", {"C++"}),
        ("", set()),
    ],
)
def test_classes_are_named_by_whole_words(text: str, names: set[str]) -> None:
    assert NAMES.named(text) == names


def test_no_class_is_named_if_there_are_none() -> None:
    assert ClassNames([("-", "-")]).named("anything - at all") == frozenset()


CAT, DOG, BOTH, ALL = {("cat",)}, {("dog",)}, {("cat", "dog")}, {()}


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("Look. A cat purrs. It has\nfur.", [("Look.", ALL), ("A cat purrs.", CAT), ("It has fur.", CAT)]),
        ("A cat is no dog.\n\nLook twice.", [("A cat is no dog.", BOTH), ("Look twice.", ALL)]),
        ("- a cat\n  - striped\n- any\n- a dog", [("a cat", CAT), ("striped", CAT), ("any", ALL), ("a dog", DOG)]),
        ("1. cat\n\n   It purrs.\n\nLook twice.", [("cat", CAT), ("It purrs.", CAT), ("Look twice.", ALL)]),
        ("A cat does:\n- purr\n- meow\n\nLook.", [("A cat does:", CAT), ("purr", CAT), ("meow", CAT), ("Look.", ALL)]),
        ("cat: purrs\nand meows\ndog: barks", [("cat: purrs and meows", CAT), ("dog: barks", DOG)]),
        ("| cat | purrs |\n| dog | barks |", [("| cat | purrs |", CAT), ("| dog | barks |", DOG)]),
        ("# Pets\nLook.\n## Cat ##\nPurrs.\n### Not so\nA dog barks.", [
            ("Pets", ALL), ("Look.", ALL), ("Cat", CAT), ("Purrs.", CAT), ("Not so", CAT), ("A dog barks.", CAT)]),
        ("## Cat\nPurrs.\n## Rules\nLook.", [("Cat", CAT), ("Purrs.", CAT), ("Rules", ALL), ("Look.", ALL)]),
        ("## Cat or dog\nLook.\n## Else\n", [("Cat or dog", CAT | DOG), ("Look.", CAT | DOG), ("Else", ALL)]),
        ("# Cat and dog\nLook.\n## Dog\nUgh.", [("Cat and dog", BOTH), ("Look.", ALL), ("Dog", DOG), ("Ugh.", DOG)]),
        ("", []),
    ],
)  # fmt: skip
def test_each_piece_is_about_the_classes_that_it_or_what_it_belongs_to_names(
    markdown: str, found: list[tuple[str, set[About]]]
) -> None:
    assert about(markdown) == found

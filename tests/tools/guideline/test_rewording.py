"""What a change of a guideline touches, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.tools.guideline import About, Guideline, Rewording, same_words
from errata.tools.guideline.guideline import key
from errata.types import LabelSpace

PETS = LabelSpace(("cat", "cow", "dog"))
THEN = "Look twice.\n\n- cat: purrs\n- dog: barks\n- A cat is smaller than a dog."
ALL_OF_THEM = ("cat", "cow", "dog")


def touched(
    then: str, now: str, *labels: str, space: LabelSpace = PETS, new_space: LabelSpace | None = None
) -> About | None:
    rewording = Rewording(Guideline(then, space), Guideline(now, new_space or space))
    recorded = Guideline(then, space).wording(labels)
    assert rewording.touched(labels, {}) == rewording.touched(labels, recorded)
    return rewording.touched(labels, recorded)


@pytest.mark.parametrize(
    ("old", "new", "labels", "found"),
    [
        ("Look twice.", "Look once.", ("cow",), ()),
        ("purrs", "meows", ("cat", "cow"), ("cat",)),
        ("purrs", "meows", ("cow", "dog"), None),
        ("smaller", "larger", ("cat", "dog"), ("cat", "dog")),
        ("smaller", "larger", ("cat", "cow"), None),
        ("\n- dog: barks", "", ("dog",), ("dog",)),
        ("- dog: barks", "- dog: barks\n- cow: moos", ("cat", "dog"), None),
        ("- dog: barks", "- dog: barks\n- cow: moos", ("cow",), ("cow",)),
        ("- dog: barks", "-   dog:\n  barks\n\n", ALL_OF_THEM, None),
    ],
)
def test_only_what_is_said_about_its_own_labels_affects_a_verdict(
    old: str, new: str, labels: tuple[str, ...], found: About | None
) -> None:
    assert touched(THEN, THEN.replace(old, new), *labels) == found


def test_definitions_and_parents_are_part_of_what_is_said() -> None:
    defined = LabelSpace(("cat", "cow", "dog"), {"dog": "barks"}, {"cow": "cattle"})
    assert [touched("", "", name, new_space=defined) for name in ALL_OF_THEM] == [None, ("cow",), ("dog",)]
    spaced = LabelSpace(("cat", "cow", "dog"), {"dog": " barks\n"}, {"cow": "cattle"})
    assert touched("", "", *ALL_OF_THEM, space=defined, new_space=spaced) is None


def test_a_new_class_affects_no_other_even_with_its_own_section() -> None:
    more = LabelSpace(("cat", "cow", "dog", "emu"))
    assert touched(f"{THEN}\nAn emu is big.", f"{THEN}\nAn emu is big.", *ALL_OF_THEM, new_space=more) is None
    assert touched(THEN, f"{THEN}\n\nAn emu is big.", *ALL_OF_THEM, new_space=more) is None
    assert touched(THEN, f"{THEN}\n\nAn emu is big.", *ALL_OF_THEM) == ()


def test_a_renamed_class_is_followed_and_a_removed_one_affects_nothing() -> None:
    renamed = LabelSpace(("cat", "hound"), renames={"dog": "hound"})
    assert touched(THEN, THEN, *ALL_OF_THEM, new_space=renamed) is None
    assert touched(THEN, THEN.replace("barks", "howls"), "cow", "dog", new_space=renamed) == ("dog",)
    assert touched(THEN, f"{THEN}\n- a hound bays", "dog", new_space=renamed) == ("dog",)
    assert touched(THEN, f"{THEN}\n- a hound bays", "cat", new_space=renamed) is None


def test_what_was_recorded_counts_more_than_what_the_run_said() -> None:
    now = Guideline(THEN.replace("purrs", "meows"), PETS)
    assert Rewording(Guideline(THEN, PETS), now).touched(["cat"], now.wording(["cat"])) is None


def test_nothing_is_recorded_if_nothing_is_said() -> None:
    assert Guideline("", PETS).wording(ALL_OF_THEM) == {}
    assert Guideline("- dog: barks", PETS).wording(["cat"]) == {}
    recorded = Guideline(THEN, PETS).wording(["cat", "dog"])
    assert list(recorded) == ["[]", '["cat"]', '["dog"]', '["cat", "dog"]']


FILLER = st.lists(
    st.sampled_from(
        ["it", "is", "small", "large", "and", "often", "never", "red", "seen.", "Look", "at", "all?", "its", "fur"]
    ),
    max_size=6,
)
FORMS = [
    "- {name}: {words}",
    "The {name} is {words}.",
    "## {name}\n{words}",
    "1. {name}\n   - {words}",
    "{name}: {words}",
]
SAID = st.tuples(st.sampled_from(ALL_OF_THEM), st.sampled_from(FORMS), FILLER.map(" ".join))


def written(pieces: list[tuple[str, str, str]]) -> str:
    """The guideline of these pieces. Sections come last, since everything in one is about its class."""
    pieces = sorted(pieces, key=lambda piece: piece[1].startswith("#"))
    return "Look twice.\n\n" + "\n\n".join(form.format(name=name, words=words) for name, form, words in pieces)


@given(st.lists(SAID, min_size=1, max_size=8), st.data())
def test_editing_what_is_said_of_one_class_changes_the_hash_of_no_other(
    pieces: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(pieces) - 1))
    name, form, words = pieces[place]
    new = data.draw(FILLER.map(" ".join))
    before, after = written(pieces), written([*pieces[:place], (name, form, new), *pieces[place + 1 :]])
    then, now = Guideline(before, PETS).said, Guideline(after, PETS).said
    assert {about for about in {*then, *now} if then.get(about) != now.get(about)} <= {key((name,))}
    changed = words.split() != new.split()
    assert (then.get(key((name,))) != now.get(key((name,)))) == changed


@given(st.lists(SAID, max_size=8))
def test_lines_broken_elsewhere_say_the_same(pieces: list[tuple[str, str, str]]) -> None:
    one, other = written(pieces), "\n\n" + written(pieces).replace(" is ", "  is\n") + "\n"
    assert same_words(one, other)
    assert touched(one, other, *ALL_OF_THEM) is None

"""A guideline too long for a question is cut to what concerns the labels asked about, and a person is told."""

from __future__ import annotations

import pytest

from errata.tools.guideline.excerpt import excerpt, long_guideline, room
from errata.types import LabelSpace

NAMES = tuple(f"class{n:03}" for n in range(200))
SPACE = LabelSpace(NAMES)
SECTIONS = "\n\n".join(f"## {name}\n\nSigns of it are {'many and various ' * 8}{name}-sign." for name in NAMES)
LONG = f"# Codebook\n\nLook at the whole item.\n\n{SECTIONS}\n\n## In general\n\nWhen in doubt, leave it."


def test_a_short_guideline_is_shown_whole() -> None:
    text = "# One\n\n  class000: this.\n"
    assert excerpt(text, SPACE, ("class001",)) is text
    assert not list(long_guideline(text))


def test_of_a_long_one_only_the_sections_of_the_candidates_and_what_is_general() -> None:
    shown = excerpt(LONG, SPACE, ("class007", "class150"))
    assert "class007-sign" in shown
    assert "class150-sign" in shown
    assert "Look at the whole item." in shown
    assert "When in doubt, leave it." in shown
    assert "class008" not in shown
    assert len(shown.encode()) <= room(None)


def test_a_judge_known_to_hold_it_is_shown_all_of_it() -> None:
    assert excerpt(LONG, SPACE, ("class007",), context_tokens=131_072) is LONG
    assert excerpt(LONG, SPACE, ("class007",), context_tokens=4096) != LONG


def test_the_labels_come_first_if_there_is_little_room() -> None:
    general = "Look closely. " * 2000
    shown = excerpt(f"{general}\n\n## class001\n\nIt has a class001-sign.", SPACE, ("class001",))
    assert "class001-sign" in shown
    assert len(shown.encode()) <= room(None)


def test_without_labels_it_is_shown_from_its_beginning() -> None:
    shown = excerpt(LONG, SPACE, ())
    assert "class000-sign" in shown
    assert "class199-sign" not in shown


@pytest.mark.parametrize("text", ["x" * 100_000, "", "\n" * 100_000])
def test_what_has_no_pieces_is_no_error(text: str) -> None:
    assert len(excerpt(text, SPACE, ("class001",)).encode()) <= room(None)


def test_a_person_is_notified_once() -> None:
    (line,) = long_guideline(LONG)
    assert "of the labels asked about" in line

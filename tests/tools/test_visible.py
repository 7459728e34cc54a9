"""Visible text: no text from a dataset controls a terminal, hides in it, or reorders a page."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from errata.tools.visible import HIDDEN, JOINERS, one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 100% é 漢字", "plain text, 100% é 漢字"),
        ("\x00\x1b[31mred", r"\x00\x1b[31mred"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\rb\nc\bd\x7f", r"a\rb\nc\x08d\x7f"),
        ("a\u202egnp.exe", r"a\u202egnp.exe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("pay\u200bpal", r"pay\u200bpal"),
        ("\ufeffcat\u3164", r"\ufeffcat\u3164"),
        ("\U000e0041", r"\U000e0041"),
        ("a\u2028b", r"a\u2028b"),
        ("\ue000", r"\ue000"),
        ("\ud800", r"\ud800"),
        ("tab\tstays", "tab\tstays"),
    ],
)
def test_what_steers_or_hides_or_reorders_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_joiners_stay_where_scripts_and_emoji_are_spelled_with_them_and_nowhere_else() -> None:
    assert visible("\u06cc\u200c\u06a9 👩\u200d👧") == "\u06cc\u200c\u06a9 👩\u200d👧"
    assert visible("\u200dcat\u200d") == r"\u200dcat\u200d"


@given(st.text(), st.none() | st.integers(1, 20))
def test_nothing_invisible_is_left_and_the_limit_holds_and_the_rest_can_be_encoded(text: str, most: int | None) -> None:
    shown = one_line(text, most)
    shown.encode()
    assert {char for char in shown if unicodedata.category(char) in HIDDEN} <= set("\t" + JOINERS)
    assert most is None or len(shown) <= most


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [("abcd", 4, "abcd"), ("abcde", 4, "abc…"), ("\x1bab", 4, "…"), ("a\x1bb", 6, "a\\x1bb"), ("", 1, "")],
)
def test_a_cut_is_marked_and_never_goes_through_an_escape(text: str, most: int, shown: str) -> None:
    assert one_line(text, most) == shown


def test_a_text_of_ten_million_characters_is_cut_like_any_other() -> None:
    assert one_line("x" * 10_000_000, 60) == "x" * 59 + "…"
    assert one_line("\u202e" * 10_000_000, 60) == r"\u202e" * 9 + "…"


def test_lines_stay_lines_whichever_way_they_end() -> None:
    assert visible("a\r\nb\nc\rd\x0be") == "a\nb\nc\\rd\\x0be"


def test_rich_markup_is_printed_and_not_read() -> None:
    out = io.StringIO()
    Console(file=out, force_terminal=True).print(Text(one_line("[bold]x[/bold] :smile: [link=http://x]y")))
    assert out.getvalue() == "[bold]x[/bold] :smile: [link=http://x]y\n"

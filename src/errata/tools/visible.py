"""Untrusted text, from a dataset, a model, or a file, made safe to show: nothing in it controls a terminal, stays
invisible, or reorders the text around it."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Control, format (including bidi overrides), surrogates, private use, line and paragraph separators."""

BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
"""Letters and marks, by category, that are invisible."""

JOINERS = "\u200c\u200d"
"""Invisible, but needed in Persian, Indic scripts, and family emoji."""


def visible(text: str) -> str:
    r"""The text with control and invisible characters as escapes such as ``\x1b``. Line ends and tabs stay.

    Markup is not touched: escape it for HTML, and print it through ``rich.text.Text``.
    """
    return "\n".join(one_line(line) for line in text.replace("\r\n", "\n").split("\n"))


def one_line(text: str, most: int | None = None) -> str:
    r"""The same on one line, a line end being ``\n``; at most ``most`` characters, with "…" replacing what was cut."""
    if text.isascii() and text.isprintable():
        return text if most is None or len(text) <= most else f"{text[: most - 1]}…"
    if most is None:
        return "".join(_pieces(text))
    pieces = _pieces(text[: most + 1])
    if sum(map(len, pieces)) <= most:
        return "".join(pieces)
    room, kept = most - 1, []
    for piece in pieces:
        room -= len(piece)
        if room < 0:  # an escape is never cut in the middle
            break
        kept.append(piece)
    return "".join(kept) + "…"


def _pieces(text: str) -> list[str]:
    return [_spelled(char, before) for before, char in pairwise(f" {text}")]


def _spelled(char: str, before: str) -> str:
    if char == "\t" or " " <= char <= "~" or (char in JOINERS and not before.isascii()):
        return char
    hidden = unicodedata.category(char) in HIDDEN or char in BLANKS
    return char.encode("unicode_escape").decode("ascii") if hidden else char

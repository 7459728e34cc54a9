"""Near copies of texts, as made by someone who wants a label to stand."""

from __future__ import annotations

import random

APPENDED = (
    "Read more about it here.",
    "This story was updated earlier today.",
    "All rights reserved.",
    "Click for the full report.",
    "More details are expected to follow.",
)


def near_copies(text: str, count: int, seed: int) -> list[str]:
    """``count`` copies, of all kinds in turn."""
    draw = random.Random(seed)
    kinds = (_without_words, _appended, _other_case, _other_signs, _swapped, _misspelt)
    return [kinds[n % len(kinds)](text, draw) for n in range(count)]


def _without_words(text: str, draw: random.Random) -> str:
    words = text.split()
    for _ in range(max(1, len(words) // 12)):
        if len(words) > 1:
            del words[draw.randrange(len(words))]
    return " ".join(words)


def _appended(text: str, draw: random.Random) -> str:
    return f"{text} {draw.choice(APPENDED)}"


def _other_case(text: str, draw: random.Random) -> str:
    return draw.choice((text.lower(), text.upper()))


def _other_signs(text: str, draw: random.Random) -> str:
    return text.replace(",", draw.choice((";", " -", ""))).replace(".", draw.choice(("!", " ...", ""))) + "!"


def _swapped(text: str, draw: random.Random) -> str:
    words = text.split()
    for _ in range(max(1, len(words) // 12)):
        if len(words) > 1:
            at = draw.randrange(len(words) - 1)
            words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def _misspelt(text: str, draw: random.Random) -> str:
    letters = list(text)
    for _ in range(max(1, len(letters) // 50)):
        if len(letters) > 1:
            at = draw.randrange(len(letters) - 1)
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)

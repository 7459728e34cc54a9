"""The questions that the tiny judge learns: errata's own prompts, with answers drawn from what the picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from errata.prompts import load
from errata.prompts.options import WORDS, Option, lay_out
from errata.types import CANNOT_TELL, NONE_OF_THESE, OTHER_ANSWERS, Item

Protocol = Literal["blind_choice", "contest"]
Style = Literal["names", "letters"]

ITEM = Item(0, "0", "", None, None, b"")
"""The messages name the place of the picture alone: its pixels go in beside them."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question and the option that is right."""

    protocol: Protocol
    options: tuple[Option, ...]
    right: Option

    def messages(self) -> list[dict[str, Any]]:
        return load(self.protocol).render(ITEM, self.options)


def ask(protocol: Protocol, style: Style, keys: list[str], right: str) -> Question:
    """The question whose options are ``keys`` (label names, and OTHER_ANSWERS), in that order."""
    words = WORDS[protocol]
    options = lay_out([(key, words.get(key, key), "") for key in keys], aliased=style == "letters")
    return Question(protocol, options, next(option for option in options if option.key == right))


def draw(digit: int | None, rng: Random, protocol: Protocol, style: Style, most: int = 10) -> Question:
    """A question about a picture of ``digit``, or of nothing (None); blind choice has at most ``most`` labels."""
    candidates = draw_pair(digit, rng) if protocol == "contest" else draw_candidates(digit, rng, most)
    keys = [str(k) for k in candidates] + list(OTHER_ANSWERS)
    if protocol == "blind_choice" or rng.random() < 0.5:
        rng.shuffle(keys)
    return ask(protocol, style, keys, right_answer(digit, candidates))


def right_answer(digit: int | None, candidates: list[int]) -> str:
    if digit is None:
        return CANNOT_TELL
    return str(digit) if digit in candidates else NONE_OF_THESE


def draw_candidates(digit: int | None, rng: Random, most: int = 10) -> list[int]:
    """All ten labels half of the time, else 2 to 9 of them; of these, one question in four lacks the digit."""
    if most == 10 and rng.random() < 0.5:
        return list(range(10))
    others = [k for k in range(10) if k != digit]
    n = rng.randint(2, min(9, most))
    if digit is None or rng.random() < 0.25:
        return rng.sample(others, n)
    return [digit, *rng.sample(others, n - 1)]


def draw_pair(digit: int | None, rng: Random) -> list[int]:
    """The digit and another, in random order; one pair in five lacks the digit."""
    others = [k for k in range(10) if k != digit]
    pair = rng.sample(others, 2)
    if digit is not None and rng.random() > 1 / 5:
        pair[rng.randrange(2)] = digit
    return pair

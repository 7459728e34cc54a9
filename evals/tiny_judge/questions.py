"""The questions that the tiny judge learns: errata's own prompts, with answers drawn from what the picture shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

from errata.prompts import image_part, load, with_images
from errata.prompts.options import WORDS, Option, lay_out
from errata.types import CANNOT_TELL, NONE_OF_THESE, OTHER_ANSWERS, SEVERAL, Item, parts_of

Protocol = Literal[
    "blind_choice",
    "contest",
    "open_answer",
    "marked_choice",
    "steering",
    "question_bank",
    "several_labels",
    "image_text_pair",
]
Style = Literal["names", "letters"]
Shown = tuple[int, ...]
"""The digits in a picture: none, one, or two different ones side by side."""

ITEM = Item(0, "0", "", None)
"""The messages name the place of the picture alone: its pixels go in beside them."""

SLOTS: dict[str, dict[str, object]] = {
    "open_answer": {"within": None, "listed": False},
    "steering": {"other": None, "images": True},
    "several_labels": {"definition": ""},
}
"""What prompts ask for beyond item, options and guideline, where it is the same for every digit."""


@dataclass(frozen=True, slots=True)
class DigitQuestion:
    """One question and the option that is right. ``text`` is the item's, ``slots`` what the prompt asks for beyond
    SLOTS."""

    protocol: Protocol
    options: tuple[Option, ...]
    right: Option
    text: str | None = None
    guideline: str = ""
    slots: Mapping[str, object] = field(default_factory=dict)

    @property
    def n_pictures(self) -> int:
        return 2 if self.protocol == "steering" else 1

    def messages(self) -> list[dict[str, Any]]:
        slots = {**SLOTS.get(self.protocol, {}), **self.slots}
        item = replace(ITEM, parts=parts_of(self.text))
        rendered = load(self.protocol).render(item, self.options, self.guideline, text_only=True, **slots)
        return with_images(rendered, image_part(b""))


def ask(
    protocol: Protocol, style: Style, keys: Sequence[str], right: str, text: str | None = None, **slots: object
) -> DigitQuestion:
    """The question whose options are ``keys`` (label names, yes and no, OTHER_ANSWERS), in that order."""
    words = WORDS[protocol]
    options = lay_out([(key, words.get(key, key), "") for key in keys], aliased=style == "letters")
    return DigitQuestion(protocol, options, next(o for o in options if o.key == right), text, slots=slots)


def draw_choice(shown: Shown, rng: Random, protocol: Protocol, style: Style, most: int = 10) -> DigitQuestion:
    """A choice among labels and OTHER_ANSWERS about a picture; at most ``most`` labels, where the prompt lists them."""
    if protocol == "open_answer":
        candidates = list(range(10))
    else:
        candidates = draw_pair(shown, rng) if protocol == "contest" else draw_candidates(shown, rng, most)
    keys = [str(k) for k in candidates] + list(OTHER_ANSWERS)
    if protocol != "contest" or rng.random() < 0.5:
        rng.shuffle(keys)
    return ask(protocol, style, keys, right_answer(shown, candidates))


def right_answer(shown: Shown, candidates: Sequence[int]) -> str:
    """``candidates`` hold both digits of a picture that shows two, or the answer would be open to debate."""
    if not shown:
        return CANNOT_TELL
    if len(shown) > 1:
        return SEVERAL
    return str(shown[0]) if shown[0] in candidates else NONE_OF_THESE


def draw_candidates(shown: Shown, rng: Random, most: int = 10) -> list[int]:
    """All ten labels half of the time, else 2 to 9 of them; of these, one question in four lacks a lone digit."""
    if most == 10 and rng.random() < 0.5:
        return list(range(10))
    others = [k for k in range(10) if k not in shown]
    n = rng.randint(2, min(9, most))
    if len(shown) == 1 and rng.random() < 0.25:
        return rng.sample(others, n)
    return [*shown, *rng.sample(others, n - len(shown))]


def draw_pair(shown: Shown, rng: Random) -> list[int]:
    """Two labels in random order: the digit and another, the two digits, or in one pair in five neither."""
    others = [k for k in range(10) if k not in shown]
    lacking = len(shown) == 1 and rng.random() < 1 / 5
    pair = rng.sample(others, 2) if lacking else [*shown, *rng.sample(others, 2)][:2]
    rng.shuffle(pair)
    return pair

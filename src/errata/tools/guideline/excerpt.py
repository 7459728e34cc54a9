"""Shorten a guideline that is too long for a question to its general part and what concerns the labels in question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from errata.tools.guideline.class_names import ClassNames, Word, words_of
from errata.tools.guideline.units import Unit, units
from errata.types import LabelSpace

KNOWN_BY_DEFAULT = 8192
"""The context length in tokens that a judge is assumed to have if its server does not report one."""

SHARE = 0.5
"""The share of the context for the guideline: the item, the options, and the chat template need the rest."""

BYTES_PER_TOKEN = 3.0
"""In UTF-8, estimated low: a question that is too long is refused."""


def room(context_tokens: int | None) -> int:
    """How many bytes of a guideline fit into a question to a judge with this context length; None: unknown."""
    return int((context_tokens or KNOWN_BY_DEFAULT) * SHARE * BYTES_PER_TOKEN)


def excerpt(text: str, space: LabelSpace, labels: Sequence[str], context_tokens: int | None = None) -> str:
    """The guideline for a question about ``labels``: complete if there is room, otherwise only what it says about them,
    about pairs of them, and in general, as far as that fits. Without ``labels``, its beginning.

    If there is not room for both, what it says about the labels takes precedence over what it says in general.
    """
    if _bytes(text) <= room(context_tokens):
        return text
    return _of(text, tuple(words_of(space)), frozenset(labels), room(context_tokens))


def long_guideline(text: str) -> Iterator[str]:
    """A line for a person, if not every judge can be shown all of it."""
    if _bytes(text) > room(None):
        tokens = round(_bytes(text) / BYTES_PER_TOKEN, -2)
        yield (
            f"The guideline is long, about {tokens:,.0f} tokens. A judge whose context is not known to hold "
            f"{tokens / SHARE:,.0f} tokens is shown in each question what it says in general and of the labels asked "
            "about, as far as there is room."
        )


@lru_cache(maxsize=4096)
def _of(text: str, words: tuple[Word, ...], labels: frozenset[str], most_bytes: int) -> str:
    every = _units(text, words)
    kept: set[int] = set()
    for wanted in _first_to_last(labels):
        for number, unit in enumerate(every):
            size = _bytes(unit.text) + 1
            if number not in kept and size <= most_bytes and wanted(unit):
                kept.add(number)
                most_bytes -= size
    return "\n".join(every[number].text for number in sorted(kept))


@lru_cache(maxsize=4)
def _units(text: str, words: tuple[Word, ...]) -> tuple[Unit, ...]:
    return tuple(units(text, ClassNames(words).named))


def _first_to_last(labels: frozenset[str]) -> tuple[Callable[[Unit], bool], ...]:
    if not labels:
        return (lambda unit: True,)
    return (
        lambda unit: any(about and labels.issuperset(about) for about in unit.about),
        lambda unit: () in unit.about,
    )


def _bytes(text: str) -> int:
    return len(text.encode())

"""The words that a person reads for an answer or an outcome, each once."""

from __future__ import annotations

from errata.types import CANNOT_TELL, NONE_OF_THESE, SEVERAL

ANSWERS = {
    SEVERAL: "several labels",
    NONE_OF_THESE: "none of these",
    CANNOT_TELL: "cannot tell",
    "passed_on": "passed on",
}


def answer(key: str) -> str:
    """What a judge or a person answered; a label is its own word."""
    return ANSWERS.get(key, key)

"""A judge's card says what a question costs: the time, the tokens, and the price where one is known."""

from __future__ import annotations

from dataclasses import replace
from math import log

import pytest

from errata.agent.evidence.judge_cards import card_of
from errata.types import PromptRef, Verdict
from tests.agent.roles.made import settings, view

PROMPT = PromptRef("blind_choice", "v1", "s")


def last_line(**prices: float) -> str:
    """Of the card of a judge that was asked two questions, 1.2 seconds each."""
    return card_of(view(settings=settings(**prices), verdicts=[asked(0, 400), asked(1, 0)]), "j").lines[-1]


def asked(idx: int, sent: int, answered: int = 100) -> Verdict:
    said = Verdict(idx, "j", "blind_choice", PROMPT, {"cat": log(0.9), "dog": log(0.1)}, "A", ("k",), ms=1200.0)
    return replace(said, tokens=sent + answered, tokens_out=answered)


def test_without_a_price_none_is_named() -> None:
    assert last_line() == "1.2 s and 300 tokens a question"


@pytest.mark.parametrize(
    ("sent", "answered", "usd"),
    [(1.0, 2.0, "0.0004"), (0.0, 2.0, "0.0002"), (0.01, 0.0, "0.000002"), (1e6, 0.0, "200")],
)
def test_a_price_is_named_however_small_it_is(sent: float, answered: float, usd: str) -> None:
    found = last_line(usd_per_mtok_in=sent, usd_per_mtok_out=answered)
    assert found == f"1.2 s, 300 tokens and {usd} USD a question"

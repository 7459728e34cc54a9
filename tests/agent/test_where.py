"""Conditions of --where."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.agent.where import parse_where
from errata.errors import SetupError

ROW = {
    "item_id": "7",
    "given_label": "cat",
    "status": "judged",
    "outcome": "relabel",
    "proposed_label": "lynx",
    "confidence": 0.92,
    "quality": None,
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("confidence >= 0.9", True),
        ("confidence >= 0.93", False),
        ("0.9 < confidence < 0.95", True),
        ("outcome == 'relabel' and proposed_label in ['lynx', 'tiger']", True),
        ("not (given_label == 'cat')", False),
        ("given_label != 'dog' or confidence < 0.1", True),
        ("quality < 0.5", False),
        ("quality != 0.5", False),
        ("confidence > -1", True),
    ],
)
def test_conditions_mean_what_they_say(condition: str, holds: bool) -> None:
    assert parse_where(condition)(ROW) is holds


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "confidence",
        "confidence + 1 > 2",
        "open('x')",
        "confidence > 0.5; 1",
        "item_id is '7'",
        "f'{1}' == '1'",
        "[" * 200,
    ],
)
def test_anything_else_is_refused(condition: str) -> None:
    with pytest.raises(SetupError, match="--where"):
        parse_where(condition)(ROW)


@given(st.text(max_size=60))
def test_no_text_does_anything_but_match_or_be_refused(text: str) -> None:
    with contextlib.suppress(SetupError):
        assert parse_where(text)(ROW) in (True, False)

"""Conditions of --where."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.agent.decisions.where import parse_where
from errata.errors import SetupError

ROW = {
    "item_id": "7",
    "given_label": "cat",
    "status": "judged",
    "outcome": "relabel",
    "proposed_label": "lynx",
    "confidence": 0.92,
    "quality": None,
    "best_other_label": "lynx",
    "data.n": "12",
    "data.price": 3.5,
    "data.id": 1234567890123456789,
    "data.id as text": "1234567890123456789",
    "data.lang": "de",
    "data.gone": None,
    "data.old": "cat",
    "data.new": "CAT",
    "data.n2": "12.0",
    "data.code": "007",
    "data.gold": True,
    "data.odd name": "x.y",
    "data.tags": '["a", "b"]',
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
        ("item_id in ('1', '7')", True),
        ("item_id not in ['1', '7']", False),
        ("proposed_label not in [given_label, 'tiger']", True),
        ("quality in [0.5, 1]", False),
        ("quality not in [0.5, 1]", False),
        ("'yn' in proposed_label", True),
        ("'yn' not in proposed_label", False),
    ],
)
def test_conditions_mean_what_they_say(condition: str, holds: bool) -> None:
    assert parse_where(condition).holds(ROW) is holds


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("data.n > 9", True),
        ("data.n > '9'", False),
        ("9 < data.n <= 12", True),
        ("data.n in [11, 12]", True),
        ("data.n in ['12']", True),
        ("data.n not in [11, '13']", True),
        ("data.n == data.n2", True),
        ("data.code == 7", True),
        ("data.code == '7'", False),
        ("data.price >= 3.5", True),
        ("data.price == '3.5'", True),
        ("data.id == 1234567890123456789", True),
        ("data.id == 1234567890123456788", False),
        ("data['id as text'] == 1234567890123456789", True),
        ("data['id as text'] == 1234567890123456788", False),
        ("data.lang > 1", False),
        ("data.lang < 1 or data.lang == 'de'", True),
        ("data.gone == data.gone", False),
        ("data.gone != 'x'", False),
        ("data.gone not in ['x']", False),
        ("data.old == given_label", True),
        ("data.old == data.new", False),
        ("given_label in [data.new, data.old]", True),
        ("data.gold == 'true'", True),
        ("data[\"odd name\"] == 'x.y'", True),
        ("'e' in data.lang", True),
        ("data.lang in 'de fr'", True),
        ("'\"a\"' in data.tags", True),
        ("confidence > data.n", False),
    ],
)
def test_the_users_cells_compare_as_numbers_with_numbers_and_as_text_with_text(condition: str, holds: bool) -> None:
    assert parse_where(condition).holds(ROW) is holds


def test_only_the_columns_that_it_names_are_read() -> None:
    parsed = parse_where("data.n > 1 and (data['odd name'] == 'x' or confidence > 0.5) and data.n < 3")
    assert parsed.own == ("n", "odd name")


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
        "(" * 5000 + "confidence > 1" + ")" * 5000,
        "not " * 900 + "confidence > 1",
        "not " * 50_000 + "confidence > 1",
        "confidence > " + "-" * 50_000 + "1",
        "confidence > " + "9" * 5000,
        "confidence > 1 and " * 60_000 + "confidence > 1",
        "data" + ".a" * 50_000 + " == 1",
        "confidence > 1\0",
        "given_label == '\ud800'",
        "data == 'x'",
        "data.a.b == 'x'",
        "data[0] == 'x'",
        "data[a] == 'x'",
        "data.class == 'x'",
        "given_label.x == 'x'",
        "confidence == 'high'",
        "outcome in ['keep', 1]",
        "1 in given_label",
        "given_label in confidence",
        "given_label in [['cat']]",
        "['cat'] == ['cat']",
        "-given_label == 'x'",
        "confidence == True",
        "confidence == 1j",
        "given_label == b'cat'",
        "given_label == None",
        "x" * 200_000 + " == 1",
    ],
    ids=lambda condition: ascii(condition[:40]),
)
def test_anything_else_is_refused(condition: str) -> None:
    with pytest.raises(SetupError, match="--where") as error:
        parse_where(condition)
    assert len(str(error.value)) < 1500


@given(st.text(max_size=60))
def test_no_text_does_anything_but_match_or_be_refused(text: str) -> None:
    with contextlib.suppress(SetupError):
        assert parse_where(text).holds(ROW) in (True, False)


SIDES = st.sampled_from(
    [
        *(name if not name.startswith("data.") else f'data["{name[5:]}"]' for name in ROW),
        *("1", "-2.5", "1e999", "'12'", "'cat'", "''", "[]", "[1, 'x']", "(given_label, data.n)", "not 1", "None"),
    ]
)
COMPARISONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "is"])


@given(SIDES, COMPARISONS, SIDES, COMPARISONS, SIDES)
def test_no_pair_of_kinds_does_anything_but_match_or_be_refused(a: str, f: str, b: str, g: str, c: str) -> None:
    with contextlib.suppress(SetupError):
        assert parse_where(f"not {a} {f} {b} {g} {c}").holds(ROW) in (True, False)


def test_thousands_of_ids_are_one_condition() -> None:
    many = ", ".join(f"'{n}'" for n in range(50_000))
    parsed = parse_where(f"item_id in [{many}]")
    assert sum(parsed.holds({"item_id": str(n)}) for n in range(49_000, 51_000)) == 1_000

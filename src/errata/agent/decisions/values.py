"""What a condition compares: text, numbers, and cells of the user's own columns, which may be either."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
Scalar = str | int | float | bool | None

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
LONGEST_NUMBER = 100
"""In characters: a longer row of digits is a name, and slow to parse as a number."""


@dataclass(frozen=True, slots=True)
class Value:
    """One side of a comparison, with a value per row; None if missing."""

    kind: Literal["text", "number", "cell"]
    of: Callable[[Row], Scalar]
    constant: bool = False

    @classmethod
    def always(cls, value: str | float) -> Value:
        return cls("text" if isinstance(value, str) else "number", lambda row: value, constant=True)


def compared(one: Value, other: Value, test: Callable[[Any, Any], bool]) -> Test:
    """Compare a cell with a number as a number, with text as text, and two cells as numbers if both look like numbers.
    A missing value, or a non-number where a number is needed, fails every test."""
    kinds = {one.kind, other.kind}

    def holds(row: Row) -> bool:
        a, b = one.of(row), other.of(row)
        if kinds == {"cell"}:
            numbers = as_number(a), as_number(b)
            a, b = (as_text(a), as_text(b)) if None in numbers else numbers
        elif "cell" in kinds:
            read = as_number if "number" in kinds else as_text
            a, b = read(a), read(b)
        return a is not None and b is not None and test(a, b)

    return holds


def among(one: Value, members: Sequence[Value], *, negated: bool) -> Test:
    """Whether ``one`` equals a member (or, negated, none of them); false if it is missing."""
    if all(member.constant for member in members):
        found = _among_constants(one, [member.of({}) for member in members])
    else:
        tests = [compared(one, member, operator.eq) for member in members]

        def found(row: Row) -> bool:
            return any(test(row) for test in tests)

    return lambda row: one.of(row) is not None and found(row) is not negated


def _among_constants(one: Value, members: Sequence[Scalar]) -> Test:
    """Look ids up in a set: there may be thousands."""
    texts = {member for member in members if isinstance(member, str)}
    numbers = set(members) - texts

    def found(row: Row) -> bool:
        value = one.of(row)
        return as_text(value) in texts or (bool(numbers) and as_number(value) in numbers)

    return found


def as_text(value: Scalar) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def as_number(value: Scalar) -> int | float | None:
    """Keeps integers exact: 19-digit ids may differ only in the last digit."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("+-").isdigit() else float(text)

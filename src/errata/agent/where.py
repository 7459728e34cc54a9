"""The conditions of --where: comparisons of an item's columns, joined by and, or, not. Documented in docs/where.md."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from errata.agent.results import COLUMNS
from errata.errors import SetupError, nearest

Row = Mapping[str, Any]
Condition = Callable[[Row], Any]

COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}


def parse_where(text: str) -> Callable[[Row], bool]:
    """A test of one item's row. Numbers compare with numbers and text with text; a missing value matches nothing.

    Raises SetupError for anything but column names, text, numbers, lists of them, comparisons, and, or, not.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise _wrong(text, str(error)) from None
    condition = _compile(tree.body, text)
    return lambda row: bool(condition(row))


def _compile(node: ast.expr, text: str) -> Condition:
    if isinstance(node, ast.BoolOp):
        parts = [_compile(value, text) for value in node.values]
        join = all if isinstance(node.op, ast.And) else any
        return lambda row: join(part(row) for part in parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _compile(node.operand, text)
        return lambda row: not inner(row)
    if isinstance(node, ast.Compare):
        return _comparison(node, text)
    raise _wrong(text, f"{ast.unparse(node)!r} is not a comparison")


def _comparison(node: ast.Compare, text: str) -> Condition:
    sides = [_value(side, text) for side in (node.left, *node.comparators)]
    if any(type(op) not in COMPARISONS for op in node.ops):
        raise _wrong(text, "only == != < <= > >= in, not in compare")
    tests = [COMPARISONS[type(op)] for op in node.ops]

    def holds(row: Row) -> bool:
        values = [side(row) for side in sides]
        pairs = zip(tests, values, values[1:], strict=False)
        try:
            return all(a is not None and b is not None and test(a, b) for test, a, b in pairs)
        except TypeError:
            raise _wrong(text, f"{ast.unparse(node)!r} compares text with a number") from None

    return holds


def _value(node: ast.expr, text: str) -> Condition:
    if isinstance(node, ast.Name):
        if node.id not in COLUMNS:
            raise _wrong(text, f"there is no column {node.id!r}{nearest(node.id, COLUMNS)}; quote text: 'cat'")
        name = node.id
        return lambda row: row[name]
    if isinstance(node, (ast.List, ast.Tuple)):
        members = [_value(member, text) for member in node.elts]
        return lambda row: [member(row) for member in members]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _value(node.operand, text)
        return lambda row: -inner(row)
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float)):
        constant = node.value
        return lambda row: constant
    raise _wrong(text, f"{ast.unparse(node)!r} is neither a column, text nor a number")


def _wrong(text: str, what: str) -> SetupError:
    return SetupError(
        f"--where {text!r}: {what}. Write for example: \"confidence >= 0.9 and outcome == 'relabel'\" "
        f"(columns: {', '.join(COLUMNS)})"
    )

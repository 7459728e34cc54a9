"""Parse the conditions of --where: comparisons of an item's columns, joined by and, or, not:
docs/guides/conditions.md."""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from errata.agent.decisions.values import Value, among, as_text, compared
from errata.agent.views.results import COLUMNS, NUMBERS, OWN
from errata.errors import SetupError, nearest
from errata.tools.visible import one_line
from errata.types import ITEM

Row = Mapping[str, Any]
Condition = Callable[[Row], bool]

COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
MOST_CHARS, MOST_LEVELS, QUOTED_CHARS = 1_000_000, 100, 200


@dataclass(frozen=True, slots=True)
class Where:
    """A test of one row as ``result_rows`` makes it. ``own``: the user's columns that it reads. ``text``: the condition
    as it was parsed, the same however it is spaced or quoted; "" for every row."""

    holds: Condition
    own: tuple[str, ...]
    text: str


EVERYTHING = Where(lambda row: True, (), "")


def parse_where(text: str) -> Where:
    """Numbers compare with numbers, text with text; a missing value matches nothing. ``data.NAME`` and ``data["NAME"]``
    are the user's own columns, whose cells count as numbers when compared with numbers.

    Raises SetupError for anything but column names, text, numbers, lists of them, comparisons, and, or, not.
    """
    if len(text) > MOST_CHARS:
        raise _wrong(text, f"it has {len(text):,} characters, and {MOST_CHARS:,} are the most")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise _wrong(text, str(error)) from None
    except (RecursionError, MemoryError):
        raise _wrong(text, TOO_DEEP) from None
    parser = _Parser(text.strip())
    return Where(parser.condition(tree.body), tuple(parser.own), ast.unparse(tree))


TOO_DEEP = f"it is nested more than {MOST_LEVELS} levels deep"


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self.own: dict[str, None] = {}

    def condition(self, node: ast.expr, level: int = 0) -> Condition:
        if level > MOST_LEVELS:
            raise self._refused(TOO_DEEP)
        if isinstance(node, ast.BoolOp):
            parts = [self.condition(value, level + 1) for value in node.values]
            join = all if isinstance(node.op, ast.And) else any
            return lambda row: join(part(row) for part in parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.condition(node.operand, level + 1)
            return lambda row: not inner(row)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        raise self._refused(f"{self._quoted(node)} is not a comparison")

    def _comparison(self, node: ast.Compare) -> Condition:
        sides = [node.left, *node.comparators]
        tests = [self._test(node, *pair) for pair in zip(node.ops, sides, sides[1:], strict=False)]
        return lambda row: all(test(row) for test in tests)

    def _test(self, node: ast.Compare, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Condition:
        one = self._value(left)
        if isinstance(op, (ast.In, ast.NotIn)):
            return self._membership(node, one, right, negated=isinstance(op, ast.NotIn))
        if type(op) not in COMPARISONS:
            raise self._refused("only == != < <= > >= in, not in compare")
        other = self._value(right)
        self._check(node, one, other)
        return compared(one, other, COMPARISONS[type(op)])

    def _membership(self, node: ast.Compare, one: Value, right: ast.expr, *, negated: bool) -> Condition:
        if isinstance(right, (ast.List, ast.Tuple)):
            members = [self._value(member) for member in right.elts]
            for member in members:
                self._check(node, one, member)
            return among(one, members, negated=negated)
        other = self._value(right)
        if "number" in (one.kind, other.kind):
            raise self._refused(f"{self._quoted(node)} looks for a number in text")

        def within(row: Row) -> bool:
            part, whole = as_text(one.of(row)), as_text(other.of(row))
            return part is not None and whole is not None and (part in whole) is not negated

        return within

    def _check(self, node: ast.Compare, one: Value, other: Value) -> None:
        if {one.kind, other.kind} == {"text", "number"}:
            raise self._refused(f"{self._quoted(node)} compares text with a number")

    def _value(self, node: ast.expr) -> Value:
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            return self._own_column(node)
        if isinstance(node, ast.Name):
            return self._column(node.id)
        number = _number(node)
        if number is not None:
            return Value.always(number)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return Value.always(node.value)
        raise self._refused(f"{self._quoted(node)} is neither a column, text nor a number")

    def _column(self, name: str) -> Value:
        if name == "place":  # empty for what is about the item itself
            return Value("text", lambda row: row.get(name, ITEM))
        if name not in COLUMNS:
            shown = one_line(name, QUOTED_CHARS)
            hint = f"{nearest(shown, COLUMNS)}; quote text: 'cat'; a column of your data is data.{shown}"
            raise self._refused(f"there is no column {shown!r}{hint}")
        return Value("number" if name in NUMBERS else "text", lambda row: row[name])

    def _own_column(self, node: ast.Attribute | ast.Subscript) -> Value:
        if isinstance(node.value, ast.Name) and node.value.id == "data":
            index = node.slice if isinstance(node, ast.Subscript) else None
            name = index.value if isinstance(index, ast.Constant) else getattr(node, "attr", None)
            if isinstance(name, str):
                self.own[name] = None
                return Value("cell", lambda row: row[OWN + name])
        raise self._refused(f'{self._quoted(node)}: a column of your data is data.NAME or data["odd name"]')

    def _quoted(self, node: ast.AST) -> str:
        return repr((ast.get_source_segment(self._text, node) or "")[:QUOTED_CHARS])

    def _refused(self, what: str) -> SetupError:
        return _wrong(self._text, what)


def _number(node: ast.expr) -> int | float | None:
    """A number literal, with or without a minus; True and False are not numbers."""
    bare = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
    value = bare.value if isinstance(bare, ast.Constant) else None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return value if bare is node else -value


def _wrong(text: str, what: str) -> SetupError:
    return SetupError(
        f"--where {one_line(text[:QUOTED_CHARS])!r}: {what}. Write for example: "
        f"\"confidence >= 0.9 and outcome == 'relabel'\" (columns: {', '.join(COLUMNS)}; of your data: data.NAME)"
    )

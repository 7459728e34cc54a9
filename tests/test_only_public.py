"""Tests use only what others may rely on: none uses a private name of errata, which may change at any time."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
NOT_PRIVATE = {"_repr_html_", "_replace", "_asdict", "_fields", "_make", "_exit"}
"""Public despite their names: what a notebook asks for, the methods of a named tuple, and ``os._exit``."""


def private_names(source: str) -> list[int]:
    """The lines of a test's source that use a private name, except names of its own module or of ``self``. Private
    names of variables are not allowed either, since their objects are unknown."""
    return sorted(
        node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr | ast.stmt) and uses(node)
    )


def uses(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return any(map(is_private, [*(node.module or "").split("."), *(name.name for name in node.names)]))
    if isinstance(node, ast.Import):
        return any(is_private(part) for name in node.names for part in name.name.split("."))
    if isinstance(node, ast.Attribute):
        return is_private(node.attr) and ast.unparse(node.value) not in ("self", "cls")
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "setattr", "hasattr", "delattr"):
        return any(isinstance(given, ast.Constant) and is_private(str(given.value)) for given in node.args[1:2])
    return False


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in NOT_PRIVATE


def test_no_test_uses_a_private_name() -> None:
    found = {
        str(file.relative_to(TESTS)): lines
        for file in sorted(TESTS.rglob("*.py"))
        if (lines := private_names(file.read_text(encoding="utf-8")))
    }
    assert found == {}, "Test it through what is public; what is worth a test of its own is worth a public name."


@pytest.mark.parametrize(
    "line",
    [
        "from errata.tools.detectors.optional.mixture import _climb",
        "from errata._hidden import shown",
        "import errata._hidden",
        "mixture._climb()",
        "open_run(folder).store._database.read()",
        "[run._parts for run in runs]",
        'getattr(run, "_parts")',
        "super()._parts",
    ],
)
def test_a_private_name_is_seen(line: str) -> None:
    assert private_names(line) == [1]


@pytest.mark.parametrize(
    "line", ["self._log = 1", "row._replace(a=1)", "os._exit(1)", "run.__dict__", "def _own(): pass", "_, a = b"]
)
def test_what_is_not_private_is_let_pass(line: str) -> None:
    assert private_names(line) == []

"""What a test varies is a keyword of the function that it tests: no test changes a module of errata under its feet."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def patched(source: str) -> list[int]:
    """The lines of a test's source that set an attribute of something of errata's."""
    tree = ast.parse(source)
    ours = set(imported(tree))
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and is_patch(node, ours)]


def imported(tree: ast.AST) -> Iterator[str]:
    """The names under which errata's modules, or what they hold, were imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "errata":
            yield from (name.asname or name.name for name in node.names)
        elif isinstance(node, ast.Import):
            names = (name.asname or name.name.split(".")[0] for name in node.names if name.name.startswith("errata"))
            yield from names


def is_patch(call: ast.Call, ours: set[str]) -> bool:
    said = ast.unparse(call.func)
    if not (said.endswith((".setattr", ".delattr", "patch", "patch.object")) and call.args):
        return False
    target = call.args[0]
    if isinstance(target, ast.Constant):
        return str(target.value).startswith("errata.")
    return ast.unparse(target).split(".")[0] in ours


def test_no_test_patches_a_module_of_errata() -> None:
    found = {
        str(file.relative_to(TESTS)): lines
        for file in sorted(TESTS.rglob("*.py"))
        if (lines := patched(file.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        'monkeypatch.setattr("errata.tools.store.events.now", None)',
        'monkeypatch.setattr(blocks, "BLOCK", 1)',
        'monkeypatch.setattr(blocks.os, "cpu_count", None)',
        'with patch.object(errata, "settings"): pass',
    ],
)
def test_a_patch_is_seen(line: str) -> None:
    assert patched(f"import errata\nfrom errata.tools.detectors.arrays import blocks\n{line}") == [3]
    assert patched("import sys\nmonkeypatch.setattr(sys, 'argv', [])") == []

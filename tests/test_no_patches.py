"""What a test varies is a keyword of the function it tests: no test patches a module of errata."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SETTER = re.compile(r"(.*\.)?((set|del)(attr|item)|patch(\.(object|dict|multiple))?)")


def patched(source: str) -> list[int]:
    """The lines of a test's source that set an attribute or an item of something that may be errata's: everything
    except what was imported from elsewhere, since it is unknown what a variable holds."""
    tree = ast.parse(source)
    ours, theirs = names_of(tree, ours=True), names_of(tree, ours=False)
    return sorted(
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and is_patch(node, theirs))
        or (isinstance(node, ast.Attribute | ast.Subscript) and is_written(node) and root(node) in ours)
    )


def names_of(tree: ast.AST, *, ours: bool) -> set[str]:
    """The names under which errata's modules, or their members, were imported; or, unless ``ours``, those of all other
    modules."""
    return {name for name, module in imported(tree) if (module.split(".")[0] == "errata") == ours}


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each imported name with the module that it is from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((name.asname or name.name, node.module or "") for name in node.names)
        elif isinstance(node, ast.Import):
            yield from ((name.asname or name.name.split(".")[0], name.name) for name in node.names)


def is_patch(call: ast.Call, theirs: set[str]) -> bool:
    targets = [*call.args[:1], *(given.value for given in call.keywords if given.arg in ("target", "in_dict"))]
    if not targets or not SETTER.fullmatch(ast.unparse(call.func)):
        return False
    target = targets[0]
    if isinstance(target, ast.Constant):
        return str(target.value).split(".")[0] == "errata"
    return root(target) not in theirs


def is_written(node: ast.Attribute | ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


def root(node: ast.expr) -> str:
    """ "a" of ``a.b["c"].d``; "" if the expression does not begin with a name."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


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
        'monkeypatch.setattr(target=blocks, name="BLOCK", value=1)',
        'monkeypatch.setattr(workspace, "rows", None)',
        'monkeypatch.setattr(open_run(folder), "rows", None)',
        'monkeypatch.delitem(blocks.TABLE, "a")',
        'setattr(blocks, "BLOCK", 1)',
        'with patch("errata.settings.load_settings"): pass',
        'with patch.object(errata, "settings"): pass',
        'with mock.patch.dict(blocks.TABLE, {"a": 1}): pass',
        "blocks.BLOCK = 1",
        'blocks.TABLE["a"] = 1',
        "blocks.BLOCK += 1",
        "del blocks.BLOCK",
    ],
)
def test_a_patch_is_seen(line: str) -> None:
    assert patched(f"import errata\nfrom errata.tools.detectors.arrays import blocks\n{line}") == [3]


@pytest.mark.parametrize(
    "line",
    ["monkeypatch.setattr(sys, 'argv', [])", "monkeypatch.setattr('sys.stdin', None)", "sys.argv = []", "a.b = 1"],
)
def test_what_is_not_of_errata_may_be_patched(line: str) -> None:
    assert patched(f"import errata\nimport sys\n{line}") == []

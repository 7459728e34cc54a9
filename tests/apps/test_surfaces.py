"""No surface has its own path: it performs actions, and prints and asks around them."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import errata
from errata.agent.actions.registry import actions
from errata.apps.cli import app

SOURCE = Path(errata.__file__).parent
SURFACES = sorted([*SOURCE.glob("apps/**/*.py"), SOURCE / "demo" / "loop.py"])
MAY_BE_IMPORTED = (
    "errata",
    "errata.agent.actions",
    "errata.apps",
    "errata.errors",
    "errata.settings",
    "errata.types",
    "errata.words",
    "errata.tools.visible",
    "errata.tools.data.images",  # a picture's pixels, to be drawn
    "errata.tools.data.frames",  # the user's object, to a file and back
    "errata.demo",
    "errata.tools.data.fingerprint",  # whether the demo's data is what it was
)
INSIDE = {"workspace", "store", "own_token", "work", "signer"}
"""What a session or an action contains that a surface must not use."""


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", SURFACES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_surface_knows_actions_and_plain_things_alone(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    own = [name for name in imported(tree) if name.split(".")[0] == "errata"]
    others = [name for name in own if not any(name == may or name.startswith(f"{may}.") for may in MAY_BE_IMPORTED[1:])]
    assert [name for name in others if name.count(".") > 1 or name.startswith("errata.agent")] == []
    reached = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert reached & INSIDE == set()


class Surface:
    """The functions and methods of one module, and which actions each performs, including through others."""

    def __init__(self, module: str) -> None:
        file = importlib.import_module(module).__file__
        assert file is not None
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
        kinds = (ast.FunctionDef, ast.ClassDef)
        self.defined = {node.name: node for node in ast.walk(tree) if isinstance(node, kinds)}
        self.elsewhere = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(("errata.apps", "errata.demo.loop"))
            for alias in node.names
        }

    def performed(self, name: str, seen: set[str]) -> set[str]:
        seen.add(name)
        found: set[str] = set()
        for node in ast.walk(self.defined[name]):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "perform":
                assert isinstance(node.args[0], ast.Name)
                found.add(node.args[0].id.lower())
            used = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            if used in self.defined and used not in seen:
                found |= self.performed(used, seen)
            elif used in self.elsewhere:
                module, there = self.elsewhere[used]
                other = Surface(str(module))
                found |= other.performed(there, set()) if there in other.defined else set()
        return found


COMMANDS = {str(c.callback.__name__): str(c.callback.__module__) for c in app.registered_commands if c.callback}
METHODS = [name for name in vars(errata.Run) if not name.startswith("_") and name not in errata.Run.__annotations__]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_performs_actions(command: str) -> None:
    found = Surface(COMMANDS[command]).performed(command, set())
    assert found and found <= set(actions())


@pytest.mark.parametrize("method", ["open", *(name for name in METHODS if name != "close")])
def test_everything_that_python_can_do_performs_actions(method: str) -> None:
    found = Surface("errata.apps.python").performed(method, set())
    assert found and found <= set(actions())


def test_every_action_is_reached_from_a_surface() -> None:
    reached = {a for name, module in COMMANDS.items() for a in Surface(module).performed(name, set())}
    reached |= {a for name in METHODS for a in Surface("errata.apps.python").performed(name, set())}
    assert reached == {action.name for action in actions().values()}

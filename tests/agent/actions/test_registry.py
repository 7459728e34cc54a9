"""Every action documents what a person or a model must know, and installing another package adds its actions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from errata.agent.actions import permission
from errata.agent.actions.action import Action
from errata.agent.actions.perform import perform
from errata.agent.actions.registry import actions
from errata.agent.actions.session import Session
from errata.errors import ErrataError, SetupError

ALL = sorted(actions().values(), key=lambda action: action.name)


@pytest.mark.parametrize("action", ALL, ids=lambda action: action.name)
def test_an_action_says_what_it_takes_does_and_gives(action: Action[Any, Any]) -> None:
    schema = action.input_schema()
    assert schema["type"] == "object" and schema["additionalProperties"] is False
    for name, field in schema.get("properties", {}).items():
        assert field.get("description"), f"{action.name}: {name} has no description"
    assert action.output_schema()
    assert action.description.endswith(".") and len(action.description.split()) >= 8
    assert action.effect in get_args(permission.Effect)
    assert SetupError in action.errors, "perform itself raises it"
    assert all(issubclass(error, ErrataError) and error is not ErrataError for error in action.errors)


def test_a_name_is_what_a_tool_call_can_say() -> None:
    assert all(name.isidentifier() and name == action.name for name, action in actions().items())


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(SetupError, match="nearest: 'status'"):
        perform("statsu", Session())


@pytest.mark.parametrize("inputs", [{}, {"item_id": 3}, {"item_id": "a", "more": 1}])
def test_inputs_of_another_form_are_refused_by_name(inputs: dict[str, object]) -> None:
    with pytest.raises(SetupError, match=r"show: (item_id|more): "):
        perform("show", Session(), **inputs)


def test_without_a_run_an_action_says_how_to_begin_one() -> None:
    with pytest.raises(SetupError, match="No run is open here"):
        perform("status", Session())


PACKAGE = """
from errata.agent.actions.action import Action, Inputs

class Name(Inputs):
    name: str

def greet(session, given):
    return f"Hi {given.name}"

GREET = Action("greet", "Greet whoever is named here.", "read", Name, str, (), greet)
"""


def test_another_package_adds_an_action_by_being_installed(tmp_path: Path) -> None:
    (tmp_path / "greeting.py").write_text(PACKAGE)
    info = tmp_path / "greeting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: greeting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[errata.actions]\ngreet = greeting:GREET\n")
    script = (
        "from errata.agent.actions.perform import perform\nfrom errata.agent.actions.session import Session\n"
        "print(perform('greet', Session(), name='ann'))"
    )
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths}
    )
    assert done.stdout == "Hi ann\n", done.stderr

"""Actions by name: errata's own and those of other packages (entry points of ``errata.actions``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errata.agent.actions.action import Action
from errata.tools.plugins import load, named

GROUP = "errata.actions"


def actions() -> Mapping[str, Action[Any, Any]]:
    """All installed actions. Raises what ``plugins.load`` raises."""
    return load(GROUP, Action)


def action_named(name: str) -> Action[Any, Any]:
    """Raises SetupError, suggesting the nearest name, if there is no such action."""
    return named(GROUP, Action, name)

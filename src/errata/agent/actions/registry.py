"""The actions by name: errata's own, and those that other packages bring (entry points of ``errata.actions``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errata.agent.actions.action import Action
from errata.tools.plugins import load, named

GROUP = "errata.actions"


def actions() -> Mapping[str, Action[Any, Any]]:
    """All that are installed. Errors as of ``plugins.load``."""
    return load(GROUP, Action)


def action_named(name: str) -> Action[Any, Any]:
    """SetupError, with the nearest name, where there is no such action."""
    return named(GROUP, Action, name)

"""The actions by name: errata's own, and those that other packages bring (entry points of ``errata.actions``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

from errata.agent.actions.action import Action
from errata.errors import SetupError, nearest

GROUP = "errata.actions"


@cache
def actions() -> Mapping[str, Action[Any, Any]]:
    """All that are installed. SetupError for a package whose action is none, or has a name that is taken."""
    found: dict[str, Action[Any, Any]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (not entry.module.startswith("errata."), entry)):
        action = _load(entry)
        if action.name in found:
            raise SetupError(
                f"{_source(entry)} is called {action.name!r}, but there is one of that name. Uninstall it."
            )
        found[action.name] = action
    return MappingProxyType(found)


def action_named(name: str) -> Action[Any, Any]:
    """SetupError, naming the nearest one, where there is no such action."""
    if name not in actions():
        raise SetupError(f"There is no action {name!r}{nearest(name, actions())}.")
    return actions()[name]


def _load(entry: EntryPoint) -> Action[Any, Any]:
    try:
        action = entry.load()
    except Exception as error:  # someone else's code: whatever it raises, the package is named
        raise SetupError(f"{_source(entry)} cannot be loaded: {type(error).__name__}: {error}. Uninstall it.") from None
    if not isinstance(action, Action):
        raise SetupError(f"{_source(entry)} is no errata Action but a {type(action).__name__}. Uninstall it.")
    return action


def _source(entry: EntryPoint) -> str:
    package = f" of {entry.dist.name}" if entry.dist is not None else ""
    return f"The entry point {entry.name} = {entry.value}{package}"

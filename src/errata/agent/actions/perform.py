"""The single entry point for actions: every surface calls this function and has no other way in."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from pydantic import ValidationError

from errata.agent.actions import permission
from errata.agent.actions.action import Action, In, Inputs
from errata.agent.actions.session import Session
from errata.errors import SetupError
from errata.settings import without_secrets

Out = TypeVar("Out")


@overload
def perform(action: Action[Any, Out], session: Session, /, **inputs: object) -> Out: ...
@overload
def perform(action: str, session: Session, /, **inputs: object) -> Any: ...
def perform(action: Action[Any, Any] | str, session: Session, /, **inputs: object) -> Any:
    """Perform an action, given itself or its name, on the session's run, within the session's permission.

    Raises SetupError if the action does not accept the inputs or its effect was not allowed; otherwise the action's own
    ``errors``.
    """
    found = _named(action) if isinstance(action, str) else action
    given = _checked(found, inputs)
    session.signer = permission.check(found.effect, session.permission, session.folder, session.workspace)
    try:
        return found.work(session, given)
    finally:
        session.signer = None


def _named(name: str) -> Action[Any, Any]:
    from errata.agent.actions.registry import action_named

    return action_named(name)


def _checked(action: Action[In, Any], inputs: dict[str, object]) -> Inputs:
    try:
        return action.takes.model_validate(inputs)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        got = without_secrets(first["input"])[:200]
        raise SetupError(f"{action.name}: {name}: {first['msg']}, got {got}.") from None

"""What each effect needs. This is the only place where it is checked; a model is given no person, so it decides and
writes nothing.

- ``read`` needs nothing: it changes no label, decision or file of the user's, and asks no model. It may write what the
  run folder's own data makes again at any time, such as arrays and the report.
- ``spend`` asks model servers, or settles which ones a run may ask. It needs an amount that a person allowed.
- ``decide`` records what a person decided. It needs that person, and a history that is whole.
- ``write`` changes files, or what of the history counts as true. It needs a person.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field
from typing import Literal

from errata.agent.decisions.approval import Signer
from errata.agent.run.workspace import Workspace
from errata.errors import SetupError
from errata.tools.judging.pacing.budget import LIMITS, Budget
from errata.tools.store.run_folder import RunFolder

Effect = Literal["read", "spend", "decide", "write"]


@dataclass(frozen=True, slots=True)
class Person:
    """Who decides: the name given, and the token that proves that a person is there. Without one it is the run folder's
    own, which whoever may read that folder's token file has."""

    name: str
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Permission:
    """What a person allowed. ``allowance``: limits in the form of --budget that a run's own budget must keep; "" is
    all that its own budget allows, None is nothing. A model may be given an allowance, and never a person."""

    person: Person | None = None
    allowance: str | None = None


def permission_of(name: str | None = None, token: str | None = None) -> Permission:
    """Of a person who types commands or runs code: by default the operating system's user."""
    return Permission(Person(name or getpass.getuser(), token), allowance="")


def check(effect: Effect, permission: Permission, folder: RunFolder | None, run: Workspace | None) -> Signer | None:
    """Who signs what is done, for the effects that need a person; None for the others. SetupError where what the effect
    needs was not given, and StoreError where a decision would rest on a history that is not whole."""
    if effect == "read":
        return None
    if effect == "spend":
        _check_allowance(permission.allowance, run)
        return None
    person = permission.person
    if person is None:
        raise SetupError(f"This would {effect} something, which needs a person: a model can only propose it.")
    if folder is None:
        raise SetupError(f"This would {effect} something, and no run is open to do it in.")
    if effect == "write" and run is not None and run.store.read_only:
        return Signer(person.name, getpass.getuser())  # nothing in this folder can be changed; its writers refuse it
    token = person.token or folder.own_token()
    if effect == "decide" and run is not None:
        return Signer(person.name, run.authorize(token))
    return Signer(person.name, folder.check_token(token))


def _check_allowance(allowance: str | None, run: Workspace | None) -> None:
    if allowance is None:
        raise SetupError("This may cost something, and no amount was allowed. A person must allow one: calls=200,usd=1")
    allowed, asked = Budget.parse(allowance), Budget.parse(run.settings.budget if run is not None else "")
    for name in LIMITS if run is not None else ():
        most, limit = getattr(allowed, name), getattr(asked, name)
        if most is not None and (limit is None or limit > most):
            said = "no limit" if limit is None else f"{limit:g}"
            raise SetupError(f"{most:g} {name} were allowed, and the run's budget has {said}: lower its budget first.")

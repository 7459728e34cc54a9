"""What each effect requires. It is checked only here. A model is never given a person, so it cannot decide or write.

- ``read`` needs nothing: it changes none of the user's labels, decisions, or files, and asks no model. It may write
  files in the run folder that can be made again at any time, such as arrays and the report.
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
    """Who decides: a name, and a token that proves that a person is there. Without a token, the run folder's own is
    used, which anyone who can read that folder's token file has."""

    name: str
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Permission:
    """What a person allowed. ``allowance`` holds limits in the form of --budget, which a run's own budget must not
    exceed; "" allows all of the run's own budget, None allows nothing. A model may be given an allowance, never a
    person."""

    person: Person | None = None
    allowance: str | None = None


def permission_of(name: str | None = None, token: str | None = None) -> Permission:
    """The permission of a person who types commands or runs code; by default the operating system's user."""
    return Permission(Person(name or getpass.getuser(), token), allowance="")


def check(effect: Effect, permission: Permission, folder: RunFolder | None, run: Workspace | None) -> Signer | None:
    """Return who signs an action that needs a person, None for the others. SetupError if the effect needs something
    that was not given; StoreError if a decision would rest on a damaged history."""
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
        return Signer(person.name, getpass.getuser())  # this folder cannot be written; its writers refuse it
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

"""Show the status of a run, and one item with all its evidence."""

from __future__ import annotations

from typing import Any

from errata.agent.actions.action import Action, NoInputs, OneItem
from errata.agent.actions.session import Session
from errata.agent.views import item, status
from errata.agent.views.item import describe as item_in_words
from errata.agent.views.status import describe as status_in_words
from errata.agent.views.status import tested as tested_in_words
from errata.errors import DataError, SetupError, StoreError

__all__ = ["SHOW", "STATUS", "item_in_words", "status_in_words", "tested_in_words"]


def _status(session: Session, _: NoInputs) -> dict[str, Any]:
    return status.status_of(session.run)


def _show(session: Session, given: OneItem) -> dict[str, Any]:
    return item.evidence_of(session.run, given.item_id, given.place)


STATUS = Action(
    "status",
    "The status of the open run: items, outcomes, how many are open or decided, the estimate of wrong labels, what was "
    "spent, what is applied.",
    "read",
    NoInputs,
    dict[str, Any],
    (SetupError, DataError, StoreError),
    _status,
)
SHOW = Action(
    "show",
    "One item with all its evidence: its text, what is proposed and why, the detectors' scores, what each judge said, "
    "and its history.",
    "read",
    OneItem,
    dict[str, Any],
    (SetupError, DataError, StoreError),
    _show,
)

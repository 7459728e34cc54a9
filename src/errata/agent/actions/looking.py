"""Where a run stands, one item with all its evidence, and what was decided so far."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from errata.agent.actions.action import Action, Inputs, NoInputs
from errata.agent.actions.session import Session
from errata.agent.decisions.apply import changes
from errata.agent.views import history, item, status
from errata.agent.views.history import in_words as event_in_words
from errata.agent.views.item import describe as item_in_words
from errata.agent.views.status import describe as status_in_words
from errata.agent.views.status import tested as tested_in_words
from errata.errors import DataError, SetupError, StoreError
from errata.tools.patch import PatchLine

__all__ = [
    "BLAME",
    "DIFF",
    "LOG",
    "SHOW",
    "STATUS",
    "OneItem",
    "event_in_words",
    "item_in_words",
    "status_in_words",
    "tested_in_words",
]


class OneItem(Inputs):
    item_id: str = Field(description="The item's id in the data: its id column, or its position.")


def _status(session: Session, _: NoInputs) -> dict[str, Any]:
    return status.status_of(session.run)


def _show(session: Session, given: OneItem) -> dict[str, Any]:
    return item.evidence_of(session.run, given.item_id)


def _log(session: Session, _: NoInputs) -> list[dict[str, Any]]:
    return history.history(session.run)


def _blame(session: Session, given: OneItem) -> list[dict[str, Any]]:
    return history.history_of(session.run, given.item_id)


def _diff(session: Session, _: NoInputs) -> list[PatchLine]:
    return changes(session.run)


STATUS = Action(
    "status",
    "Where the open run stands: items, outcomes, how many are open or decided, the estimate of wrong labels, what was "
    "spent, what stands applied.",
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
LOG = Action(
    "log",
    "All decisions and changes of the run folder, oldest first. The chain of their hashes is checked.",
    "read",
    NoInputs,
    list[dict[str, Any]],
    (SetupError, StoreError),
    _log,
)
BLAME = Action(
    "blame",
    "Who changed one item's label, when, why, seeing what.",
    "read",
    OneItem,
    list[dict[str, Any]],
    (SetupError, DataError, StoreError),
    _blame,
)
DIFF = Action(
    "diff",
    "The label changes that have been decided and would be applied, one for each item.",
    "read",
    NoInputs,
    list[PatchLine],
    (SetupError, DataError, StoreError),
    _diff,
)

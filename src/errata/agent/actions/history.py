"""List what was decided and changed so far, and what would be changed."""

from __future__ import annotations

from typing import Any

from errata.agent.actions.action import Action, NoInputs, OneItem
from errata.agent.actions.session import Session
from errata.agent.decisions.apply import changes
from errata.agent.views import history
from errata.agent.views.history import in_words as event_in_words
from errata.errors import DataError, SetupError, StoreError
from errata.tools.patch import PatchLine

__all__ = ["BLAME", "DIFF", "LOG", "PatchLine", "event_in_words"]


def _log(session: Session, _: NoInputs) -> list[dict[str, Any]]:
    return history.history(session.run)


def _blame(session: Session, given: OneItem) -> list[dict[str, Any]]:
    return history.history_of(session.run, given.item_id, given.place)


def _diff(session: Session, _: NoInputs) -> list[PatchLine]:
    return changes(session.run)


LOG = Action(
    "log",
    "All decisions and changes of the run folder, oldest first. The chain of hashes is checked.",
    "read",
    NoInputs,
    list[dict[str, Any]],
    (SetupError, StoreError),
    _log,
)
BLAME = Action(
    "blame",
    "Who changed one item's label, when, why, and on what basis.",
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

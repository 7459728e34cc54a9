"""Record a person's decisions, on one item or by a rule, and undo them."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from errata.agent.actions.action import Action, Inputs, NoInputs
from errata.agent.actions.session import Session
from errata.agent.decisions import approval, by_rule, reviewed, times
from errata.agent.decisions import undo as undoing
from errata.agent.decisions.approval import decided_by
from errata.agent.decisions.by_rule import DecidedMany
from errata.agent.decisions.filled_in import Reviewed
from errata.agent.decisions.undo import Undone
from errata.agent.decisions.undo import in_words as undone_in_words
from errata.errors import DataError, SetupError, StoreError
from errata.types import Answer, Looked, Seeing

__all__ = [
    "DECIDE",
    "DECIDE_REVIEWED",
    "DECIDE_WHERE",
    "READ_REVIEWED",
    "TRUST",
    "UNDO",
    "DecidedMany",
    "Reviewed",
    "Undone",
    "decided_by",
    "undone_in_words",
]


def event_numbers(typed: object) -> object:
    """Parse an event number or a range such as ``12-17``; anything but a string is returned unchanged."""
    if not isinstance(typed, str):
        return typed
    found = re.fullmatch(r"(\d{1,15})(?:-(\d{1,15}))?", typed.strip(), re.ASCII)
    if found is None:
        raise SetupError(f"--event takes a number of errata log, or a range such as 12-17; got {typed!r}.")
    first, last = found.groups()
    return int(first) if last is None else range(int(first), int(last) + 1)


def _moment(typed: object) -> object:
    return times.parse_time(typed) if isinstance(typed, str) else typed


EventNumbers = Annotated[
    int | range,
    BeforeValidator(event_numbers),
    WithJsonSchema({"type": ["integer", "string"], "pattern": r"^\d+(-\d+)?$"}),
]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string"})]
CONDITION = "Comparisons of columns joined by and, or, not, such as: confidence >= 0.9 and outcome == 'relabel'"


class OneDecision(Inputs):
    item_id: str = Field(description="The item's id in the data.")
    place: str | None = Field(default=None, description="Which label of the item, if it has several: its place.")
    answer: Answer = Field(description="The answer; 'label' means the one given in label.")
    label: str | None = Field(default=None, description="The right label, for the answer 'label'.")
    seeing: Seeing = Field(default="proposal", description="What the person saw: the proposal, or only the item.")
    looked: Looked = Field(default="item", description="How the person looked: at the item, in a grid, or by a rule.")


class Rule(Inputs):
    accept: bool = Field(description="True takes what is proposed, false keeps the given labels.")
    where: str | None = Field(description=f"{CONDITION}; null means every open proposal.")


class SheetFile(Inputs):
    path: Path = Field(description="A review sheet as write_results makes it (.xlsx), or the same saved as .csv.")


class AgreedSheet(SheetFile):
    sha256: str = Field(description="Hash of the file that the person agreed to, as read_reviewed gave it.")


class WhichDecisions(Inputs):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    events: tuple[EventNumbers, ...] = Field(default=(), description="Numbers in the log, or ranges such as 12-17.")
    where: str | None = Field(default=None, description=f"Decisions on the items that match. {CONDITION}")
    since: Moment | None = Field(default=None, description="Decisions since then: 30m, 2h, 1d, or 2026-01-31T18:00.")


def _decide(session: Session, given: OneDecision) -> int:
    return approval.decide(
        session.run, session.by, given.item_id, given.answer, given.label, given.seeing, given.looked, given.place
    )


def _decide_where(session: Session, given: Rule) -> DecidedMany:
    return by_rule.decide_where(session.run, session.by, given.accept, given.where)


def _read_reviewed(session: Session, given: SheetFile) -> Reviewed:
    return reviewed.read_reviewed(session.run, given.path, session.who)


def _decide_reviewed(session: Session, given: AgreedSheet) -> Reviewed:
    return reviewed.decide_reviewed(session.run, session.by, given.path, given.sha256)


def _undo(session: Session, given: WhichDecisions) -> Undone:
    return undoing.undo(session.run, session.by, events=given.events, where=given.where, since=given.since)


def _trust(session: Session, _: NoInputs) -> int:
    return approval.trust(session.run, session.by)


DECIDE = Action(
    "decide",
    "Record a person's answer on one item. Gives the number of its event, which undo takes.",
    "decide",
    OneDecision,
    int,
    (SetupError, DataError, StoreError),
    _decide,
)
DECIDE_WHERE = Action(
    "decide_where",
    "Accept or reject every open proposal that a condition matches, recorded as decided by a rule. What has been "
    "decided already stays so. Gives how many were decided, and what else matched.",
    "decide",
    Rule,
    DecidedMany,
    (SetupError, DataError, StoreError),
    _decide_where,
)
READ_REVIEWED = Action(
    "read_reviewed",
    "What a review sheet that a person filled in would decide: how many labels change or stay, and which rows are not "
    "taken, with the reason. Decides nothing.",
    "read",
    SheetFile,
    Reviewed,
    (SetupError, DataError, StoreError),
    _read_reviewed,
)
DECIDE_REVIEWED = Action(
    "decide_reviewed",
    "Record the decisions of a review sheet, each as a look at its item. Rows that have changed since the sheet was "
    "written are not taken; taking a sheet twice records nothing twice.",
    "decide",
    AgreedSheet,
    Reviewed,
    (SetupError, DataError, StoreError),
    _decide_reviewed,
)
UNDO = Action(
    "undo",
    "Take decisions back: the last one (all of a rule's at once), or what all of the inputs name. They stay in the log "
    "and no longer count; what was applied stays applied until it is reverted.",
    "decide",
    WhichDecisions,
    Undone,
    (SetupError, DataError, StoreError),
    _undo,
)
TRUST = Action(
    "trust",
    "Accept the current history of the run folder as the true one, after a person has looked at it. Returns how many "
    "events it has.",
    "write",  # not "decide": that needs a whole history, which is what is missing here
    NoInputs,
    int,
    (SetupError, StoreError),
    _trust,
)

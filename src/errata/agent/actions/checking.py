"""A random check: draw it, show one person what they have not looked at yet, record what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from errata.agent.actions.action import Action, Inputs
from errata.agent.actions.session import Session
from errata.agent.decisions import random_check
from errata.agent.decisions.random_check import Turn, TurnAnswer
from errata.agent.evidence.checked import in_words
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.views import check_sheet
from errata.errors import DataError, SetupError, StoreError
from errata.tools.store.checks import RandomCheck
from errata.types import Answer, Item

__all__ = ["ANSWER_CHECK", "CHECK_STATE", "NEXT_IN_CHECK", "RANDOM_CHECK", "WRITE_CHECK", "CheckState", "InCheck"]


class Sample(Inputs):
    size: int = Field(ge=1, description="How many items to draw at random.")
    where: str | None = Field(default=None, description="Check what a rule would accept; null: the given labels.")
    people: int | None = Field(
        default=None,
        ge=1,
        le=2,
        description="How many look at each item, by default 1; where two differ, a third.",
    )


class OneCheck(Inputs):
    check: int = Field(description="Number of the check's event, as random_check gave it.")


class CheckSheet(OneCheck):
    out: Path = Field(description="The .xlsx file to write.")
    force: bool = Field(default=False, description="Replace a file that errata did not write; a backup is kept.")


class CheckAnswer(OneCheck):
    position: int = Field(ge=0, description="Which item of the sample, as next_in_check gave it.")
    answer: Answer = Field(description="The answer; 'label' means the one given in label.")
    label: str | None = Field(default=None, description="The right label, for the answer 'label'.")


@dataclass(frozen=True, slots=True)
class CheckState:
    """``check``: the number of its event. ``left``: what this person has still to look at. ``lines``: what it has found
    so far, in words."""

    check: int
    left: int
    open: int
    lines: list[str]


@dataclass(frozen=True, slots=True)
class InCheck:
    """An item as it is shown blind: without its id, its given label, and what is proposed. ``names``: the labels, in an
    order of this look's own. ``item`` is None if nothing is left for this person."""

    position: int
    left: int
    item: Item | None
    names: tuple[str, ...] = ()
    definitions: Mapping[str, str] = field(default_factory=dict)


def _random_check(session: Session, given: Sample) -> CheckState:
    return _state(session, random_check.open_check(session.run, session.by, given.size, given.where, given.people))


def _check_state(session: Session, given: OneCheck) -> CheckState:
    return _state(session, _of(session, given.check))


def _next(session: Session, given: OneCheck) -> InCheck:
    check = _of(session, given.check)
    left = list(random_check.turns(check, session.who))
    if not left:
        return InCheck(-1, 0, None)
    space = session.run.run.label_space
    item = random_check.item_of(session.run, check, left[0])
    names = tuple(random_check.options(check, left[0], space.names))
    return InCheck(left[0].position, len(left), item, names, space.definitions)


def _answer(session: Session, given: CheckAnswer) -> int:
    check = _of(session, given.check)
    turn = _turn(check, session.by.name, given.position)
    return random_check.answer(session.run, session.by, check, [TurnAnswer(turn, given.answer, given.label)])[0]


def _turn(check: RandomCheck, by: str, position: int) -> Turn:
    for turn in random_check.turns(check, by):
        if turn.position == position:
            return turn
    raise SetupError(f"There is nothing to answer at {position} of this check: it is answered, or not in the sample.")


def _of(session: Session, event: int) -> RandomCheck:
    for check in Snapshot.of(session.run).checks:
        if check.event == event:
            return check
    raise SetupError(f"Event {event} is no random check of this run. errata log lists them.")


def _state(session: Session, check: RandomCheck) -> CheckState:
    left = sum(1 for _ in random_check.turns(check, session.who))
    return CheckState(check.event, left, check.left, in_words(check, Snapshot.of(session.run)))


def _write(session: Session, given: CheckSheet) -> int:
    check = _of(session, given.check)
    return check_sheet.write_check(session.run, check, session.by.name, given.out, force=given.force)


RANDOM_CHECK = Action(
    "random_check",
    "Draw a uniform random sample for people to look at blind, or go on with the one that is open: of the given "
    "labels, or of the open proposals that a rule would accept. It cannot be drawn again until it pleases.",
    "decide",
    Sample,
    CheckState,
    (SetupError, DataError, StoreError),
    _random_check,
)
CHECK_STATE = Action(
    "check_state",
    "What a random check has found so far, and how much of it is left.",
    "read",
    OneCheck,
    CheckState,
    (SetupError, DataError, StoreError),
    _check_state,
)
NEXT_IN_CHECK = Action(
    "next_in_check",
    "The next item of a random check for this person: its content alone, and the labels in random order.",
    "read",
    OneCheck,
    InCheck,
    (SetupError, DataError, StoreError),
    _next,
)
ANSWER_CHECK = Action(
    "answer_check",
    "Record a person's blind answer on one item of a random check. Gives the number of its event, which undo takes.",
    "decide",
    CheckAnswer,
    int,
    (SetupError, DataError, StoreError),
    _answer,
)
WRITE_CHECK = Action(
    "write_check",
    "Write what a random check still asks of this person into a sheet, content alone, and give its number of rows. "
    "decide_reviewed takes it back.",
    "write",  # the caller chooses the path, and a file may already exist there
    CheckSheet,
    int,
    (SetupError, DataError, StoreError),
    _write,
)

"""A random check: draw a uniform sample, show it blind to one person after the other, and record what they say.

Blind means that nobody sees an item's given label, what is proposed for it, or its id, which may spell a label out.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from errata.agent.decisions.approval import Signer, decision_on
from errata.agent.decisions.by_rule import rule_says
from errata.agent.decisions.where import Where, parse_where
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.errors import SetupError
from errata.tools.inference.random_check import sample_of
from errata.tools.store.checks import Draw, RandomCheck
from errata.tools.store.decisions import record
from errata.types import Answer, Answered, Decision, Int, Item


def open_check(
    workspace: Workspace, by: Signer, size: int, where: str | None, people: int | None = None
) -> RandomCheck:
    """The check of these labels, drawn now if there is none, for one or two ``people`` to look at each item. One that
    is open goes on, and one that is complete stays the answer, so that nobody draws until they like what they see.
    SetupError if one of another size is open, or if there is nothing to draw from."""
    workspace.store.refuse_read_only()
    rule = None if where is None else parse_where(where)
    text = None if rule is None else rule.text
    of_rule = [check for check in Snapshot.of(workspace).checks if check.draw.where == text]
    unfinished = [check for check in of_rule if check.left]
    if unfinished:
        return _same(unfinished[-1], size, people)
    members_N, proposed = _population(workspace, rule)
    for check in of_rule:
        if rule is None or _covers(check, members_N):
            return check
    return _drawn(workspace, by, size, text, people or 1, members_N, proposed)


def _same(check: RandomCheck, size: int, people: int | None) -> RandomCheck:
    drawn, asked = len(check.draw.sample), check.draw.people
    if min(size, check.draw.population) == drawn and people in (None, asked):
        return check
    answered = drawn - check.left
    raise SetupError(
        f"A random check of {drawn} is open here, {answered} of them answered: it cannot become another one. Go on "
        f"with it: --check {drawn}" + " --people 2" * (asked == 2)
    )


def _covers(check: RandomCheck, members_N: Int) -> bool:
    """Whether this check was drawn from all of these, so that another draw would only be a second try."""
    return bool(check.draw.has(np.flatnonzero(members_N)).all())


def _population(workspace: Workspace, rule: Where | None) -> tuple[Int, tuple[Answered, ...]]:
    """``members_N`` and ``proposed`` of a Draw: the given labels, or the open proposals that a rule would accept."""
    snapshot = Snapshot.of(workspace)
    members_N = np.zeros(len(snapshot.rows), np.int64)
    if rule is None:
        given = len(workspace.task.annotations(workspace.dataset.cells))  # further ones were found by the scan
        members_N[:given] = snapshot.usable_N[:given]
        return members_N, ()
    accepted, _ = rule_says(workspace, rule, accept=True)
    codes: dict[Answered, int] = {}
    for one in accepted:
        members_N[one.row.idx] = codes.setdefault((one.answer, one.label), len(codes) + 1)
    return members_N, tuple(codes)


def _drawn(
    workspace: Workspace,
    by: Signer,
    size: int,
    where: str | None,
    people: int,
    members_N: Int,
    proposed: tuple[Answered, ...],
) -> RandomCheck:
    population = np.flatnonzero(members_N)
    if not len(population):
        what = "no label that can be read" if where is None else "no open proposal that this rule would accept"
        raise SetupError(f"There is {what}, so there is nothing to check.")
    seed, rows = secrets.randbits(128), Snapshot.of(workspace).rows
    sample, order = sample_of(population, size, seed)
    spots = tuple(rows[i].spot for i in sample)
    draw = Draw(where, people, f"{seed:032x}", members_N, proposed, spots, order)
    body = {"run_id": workspace.run.run_id, "by": by.name, "user": by.user} | draw.body()
    event = workspace.store.events.append("check", [body])[0]
    return RandomCheck(event.seq, draw)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person is to look at now: number ``index`` of all that is shown, a position in the sample, and whether
    they answered it before."""

    index: int
    position: int
    again: bool


def turns(check: RandomCheck, by: str, *, ahead: bool = False) -> Iterator[Turn]:
    """What is left for this person, in order: open items that they have not answered, and the second look at some that
    they have; ``ahead``: also at some that they are about to answer."""
    seen: set[int] = set()
    for index, position in enumerate(check.draw.order):
        answered = any(one.by == by for one in check.answers.get(position, ()))
        to_answer = not answered and check.settled(position) is None
        again = position in seen
        seen.add(position)
        if again:
            repeated = any(one.by == by for one in check.repeats.get(position, ()))
            if not repeated and (answered or (ahead and to_answer)):
                yield Turn(index, position, again=True)
        elif to_answer:
            yield Turn(index, position, again=False)


def item_of(workspace: Workspace, check: RandomCheck, turn: Turn) -> Item:
    """The content to look at, with nothing that could give a label away."""
    (item,) = workspace.each([workspace.item(*check.draw.sample[turn.position]).idx])
    return Item(item.idx, "", item.content_sha, None, item.parts, item.place)


def options(check: RandomCheck, turn: Turn, names: Sequence[str]) -> list[str]:
    """The labels in an order of this look's own."""
    rng = np.random.default_rng([int(check.draw.seed, 16), turn.position, int(turn.again)])
    return [names[k] for k in rng.permutation(len(names))]


class TurnAnswer(NamedTuple):
    """What a person answers on their turn."""

    turn: Turn
    answer: Answer
    label: str | None


def answer(workspace: Workspace, by: Signer, check: RandomCheck, said: Sequence[TurnAnswer]) -> list[int]:
    """Record answers: a first one is a decision, made blind; a second one only says how far the person agrees with
    themself. Returns their event numbers, which ``undo`` takes, the decisions first."""
    made = [(one.turn, _decision(workspace, by, check, one)) for one in said]
    events = workspace.store.events
    first = [decision for turn, decision in made if not turn.again]
    again = [_repeat(workspace, by, check, decision) for turn, decision in made if turn.again]
    recorded = [*record(events, workspace.run, first, by.user, check=check.event), *events.append("repeat", again)]
    return [event.seq for event in recorded]


def _decision(workspace: Workspace, by: Signer, check: RandomCheck, said: TurnAnswer) -> Decision:
    row = workspace.item(*check.draw.sample[said.turn.position])
    proposal = workspace.store.proposal(workspace.run.run_id, row.idx)
    return decision_on(workspace, by.name, row, proposal, said.answer, said.label, "blind", "item", in_check=True)


def _repeat(workspace: Workspace, by: Signer, check: RandomCheck, decision: Decision) -> dict[str, Any]:
    return {
        "run_id": workspace.run.run_id,
        "by": by.name,
        "user": by.user,
        "check": check.event,
        "item_id": decision.item_id,
        "place": decision.place,
        "answer": decision.answer,
        "label": decision.label,
    }

"""Decide many proposals at once, by a condition. What a rule accepts is recorded as a rule, and never as a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from errata.agent.decisions.approval import OPEN_OUTCOMES, Given, Signer, accepted, decisions_on
from errata.agent.decisions.where import EVERYTHING, Where, parse_where
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.agent.views.results import result_rows
from errata.tools.store.decisions import record, settled
from errata.tools.store.store import ItemRow
from errata.types import Answered, Proposal

SMALLEST_CLASS = 5
"""Items: no rule accepts a change into or out of a smaller class."""


@dataclass(frozen=True, slots=True)
class DecidedMany:
    """What a rule did. ``ambiguous`` matched but propose no answer to accept. ``already``: matched but had been
    decided, by whom and how they looked. ``nothing_open`` matched but have no open proposal, or are protected.
    ``judge_alone``: changes that no rule may accept, since the scan does not rank the proposed label above the given
    one, and a judge may have obeyed what it read. ``small_class``: changes that no rule may accept, since they go into
    or out of a class of so few items that no confidence in it can be checked."""

    decided: int
    ambiguous: int
    already: Mapping[tuple[str, str], int] = field(default_factory=dict)
    nothing_open: int = 0
    judge_alone: int = 0
    small_class: int = 0


def decide_where(workspace: Workspace, by: Signer, accept: bool, where: str | None) -> DecidedMany:
    """Accept or reject every open proposal that ``where`` matches (by default all); marked as looked at by rule.

    Items already decided keep their decision. DataError, with nothing decided, if a label is not in the data.
    """
    condition = condition_of(where)
    answered, done = rule_says(workspace, condition, accept)
    made = decisions_on(workspace, by, answered, "rule")
    body = {"run_id": workspace.run.run_id, "by": by.name, "user": by.user, "accept": accept, "where": condition.text}
    rule = workspace.store.events.append("rule", [body])[0].seq if made else 0
    record(workspace.store.events, workspace.run, made, by.user, rule=rule)
    return done


def rule_says(workspace: Workspace, condition: Where, accept: bool) -> tuple[list[Given], DecidedMany]:
    """What a rule decides, and what else matches its condition."""
    found = matching(workspace, condition)
    proposals = Snapshot.of(workspace).proposals
    done = settled(workspace.decisions(lambda: [row for row, _ in found]))
    answered: list[Given] = []
    ambiguous, nothing_open = 0, 0
    refused: Counter[str] = Counter()
    small = _small_classes(workspace)
    already: Counter[tuple[str, str]] = Counter()
    for row, result in found:
        if result["outcome"] not in OPEN_OUTCOMES or row.protected:
            nothing_open += 1
            continue
        if row.idx in done:
            already[done[row.idx].by, done[row.idx].looked] += 1
            continue
        proposal = proposals[row.idx]
        said: Answered | None = accepted(proposal) if accept else ("label", row.given_label)
        if said is None:
            ambiguous += 1
        elif accept and (why := _no_rule_accepts(proposal, row, small)):
            refused[why] += 1
        else:
            answered.append(Given(row, *said))
    return answered, DecidedMany(len(answered), ambiguous, already, nothing_open, **refused)


def condition_of(where: str | None) -> Where:
    """The condition that a person typed; every item, without one."""
    return parse_where(where) if where is not None else EVERYTHING


def matching(workspace: Workspace, condition: Where) -> list[tuple[ItemRow, dict[str, Any]]]:
    """The items that a condition matches, with their rows of the results."""
    table = result_rows(workspace, condition.own)
    return [(row, result) for row, result in zip(workspace.rows(), table, strict=True) if condition.holds(result)]


def _no_rule_accepts(proposal: Proposal, row: ItemRow, small: Set[str | None]) -> str | None:
    """Why not, as DecidedMany counts it; None where a rule may accept the proposal."""
    if proposal.outcome != "relabel":
        return None
    if proposal.basis == "judge alone":
        return "judge_alone"
    return None if small.isdisjoint((row.given_label, proposal.proposed_label)) else "small_class"


def _small_classes(workspace: Workspace) -> set[str | None]:
    """The labels, in each spelling, of classes with fewer items than SMALLEST_CLASS; none where no item could have
    been labeled otherwise."""
    if not workspace.task.needs_labels:
        return set()
    space = workspace.run.label_space
    given = [row.given_label for row in Snapshot.of(workspace).rows]
    sizes = Counter(space.canonical(label) for label in given if label is not None)
    return {
        label
        for label in {*space.names, *given}
        if label is not None and sizes[space.canonical(label)] < SMALLEST_CLASS
    }

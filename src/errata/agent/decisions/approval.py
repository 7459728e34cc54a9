"""Approval: nothing changes unless a person says yes. This module asks for the yes and records it.

Every function that decides takes the Signer of a person allowed to decide; agent/actions/permission.py makes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from errata.agent.decisions.where import EVERYTHING, parse_where
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.agent.state import RunState
from errata.agent.views.results import proposed, result_rows
from errata.errors import DataError, SetupError, nearest
from errata.tools.store.decisions import record, settled
from errata.tools.store.store import ItemRow
from errata.tools.visible import one_line
from errata.types import Answer, Decision, Looked, Place, Proposal, Seeing

SMALLEST_CLASS = 5
"""Items: no rule accepts a change into or out of a smaller class."""
OPEN_OUTCOMES = ("relabel", "several", "none_of_these", "ambiguous")


def request(state: RunState) -> dict[str, Any]:
    """What the graph asks a person, in the form that LangGraph's pages read. It cannot be edited: what is applied are
    the decisions themselves."""
    message = (
        f"{state['open_proposals']} proposals are open. Decide them with `errata review`; "
        "approve here to apply what has been decided by then. Rejecting changes nothing."
    )
    return {
        "message": message,
        "reason": "confirmation",
        "action_requests": [{"name": "apply", "args": {"run": state["run_dir"]}, "description": message}],
        "review_configs": [{"action_name": "apply", "allowed_decisions": ["approve", "reject"]}],
    }


def count_open(snapshot: Snapshot) -> int:
    """How many proposals are waiting for a person."""
    found, decided = snapshot.proposals, snapshot.decisions
    return sum(p.outcome in OPEN_OUTCOMES and p.idx not in decided for p in found.values())


def is_approved(answer: object) -> bool:
    """Whether a person approved the one action asked about: ``{"decisions": [{"type": "approve"}]}``, or that one
    decision alone, as in langchain's per-call form. No answer, a rejection, an edit, and any other form count as no."""
    decisions = answer.get("decisions", [answer]) if isinstance(answer, Mapping) else None
    if not isinstance(decisions, list) or len(decisions) != 1:
        return False
    (decision,) = decisions
    return isinstance(decision, Mapping) and decision.get("type") == "approve"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who decides, as recorded in the history: the given name and the operating system's user."""

    name: str
    user: str


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


def decide(
    workspace: Workspace,
    by: Signer,
    item_id: str,
    answer: Answer,
    label: str | None = None,
    seeing: Seeing = "proposal",
    looked: Looked = "item",
    place: Place | None = None,
) -> int:
    """Record one decision on one annotation. Returns its event number, which ``undo`` takes."""
    row = workspace.item(item_id, place)
    proposal = workspace.store.proposal(workspace.run.run_id, row.idx)
    made = _decision(workspace, by.name, row, proposal, answer, label, seeing, looked)
    return record(workspace.store.events, workspace.run, [made], by.user)[0].seq


class Given(NamedTuple):
    """A person's answer about one item that they looked at, seeing what is proposed."""

    row: ItemRow
    answer: Answer
    label: str | None


def decide_each(workspace: Workspace, by: Signer, answers: Sequence[Given]) -> None:
    """Record the answers of one person about many items, each looked at by itself: all of them, or none."""
    proposals = workspace.store.proposals(workspace.run.run_id)
    made = [
        _decision(workspace, by.name, row, proposals.get(row.idx), answer, label, "proposal", "item")
        for row, answer, label in answers
    ]
    record(workspace.store.events, workspace.run, made, by.user)


def decide_where(workspace: Workspace, by: Signer, accept: bool, where: str | None) -> DecidedMany:
    """Accept or reject every open proposal that ``where`` matches (by default all); marked as looked at by rule.

    Items already decided keep their decision. DataError, with nothing decided, if a label is not in the data.
    """
    found = matching(workspace, where)
    proposals = workspace.store.proposals(workspace.run.run_id)
    done = settled(workspace.decisions(lambda: [row for row, _ in found]))
    made, ambiguous, nothing_open = [], 0, 0
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
        answered = accepted(proposal) if accept else ("label", row.given_label)
        if answered is None:
            ambiguous += 1
            continue
        if accept and (why := _no_rule_accepts(proposal, row, small)):
            refused[why] += 1
            continue
        made.append(_decision(workspace, by.name, row, proposal, *answered, "proposal", "rule"))
    record(workspace.store.events, workspace.run, made, by.user)
    return DecidedMany(len(made), ambiguous, already, nothing_open, **refused)


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


def matching(workspace: Workspace, where: str | None) -> list[tuple[ItemRow, dict[str, Any]]]:
    """The items that a condition matches (by default all), with their rows of the results."""
    condition = parse_where(where) if where is not None else EVERYTHING
    table = result_rows(workspace, condition.own)
    return [(row, result) for row, result in zip(workspace.rows(), table, strict=True) if condition.holds(result)]


def decided_by(counts: Mapping[tuple[str, str], int]) -> str:
    """By whom, and how they looked: ``4 by ann by rule, 2 by bob``; without the number if there is only one."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    words = {"rule": " by rule", "grid": " in a grid"}
    named = [(items, f"by {one_line(by, 40)}{words.get(looked, '')}") for (by, looked), items in ranked]
    return named[0][1] if len(named) == 1 else ", ".join(f"{items} {who}" for items, who in named)


def trust(workspace: Workspace, by: Signer) -> int:
    """Accept this folder's history, which must be intact, as the true one. Returns its number of events."""
    store = workspace.store
    hashes = store.events.verify()
    store.anchor.accept(hashes)
    store.events.append("trusted", [{"run_id": workspace.run.run_id, "by": by.name, "user": by.user}])
    return len(hashes) + 1


def undo(workspace: Workspace, by: Signer, events: Iterable[int]) -> None:
    """Take decisions back; they stay in the history but no longer count."""
    known = {event.seq for event in workspace.store.events.read("decision")}
    bodies = [{"run_id": workspace.run.run_id, "by": by.name, "user": by.user, "undoes": seq} for seq in events]
    unknown = [body["undoes"] for body in bodies if body["undoes"] not in known]
    if unknown:
        raise SetupError(f"Event {unknown[0]} is no decision. errata log lists them.")
    workspace.store.events.append("undo", bodies)


def accepted(proposal: Proposal) -> tuple[Answer, str | None] | None:
    """The answer and label that accepting a proposal records; None if it proposes none."""
    if proposal.outcome == "relabel":
        return "label", proposal.proposed_label
    if proposal.outcome in ("several", "none_of_these"):
        return proposal.outcome, None
    return None


def _decision(
    workspace: Workspace,
    by: str,
    row: ItemRow,
    proposal: Proposal | None,
    answer: Answer,
    label: str | None,
    seeing: Seeing,
    looked: Looked,
) -> Decision:
    space = workspace.run.label_space
    if answer == "label" and label not in space.index():
        raise DataError(f"Item {row.item_id!r}: {label!r} is no label of this data{nearest(str(label), space.names)}.")
    # Keep the item's own spelling of its class, so that such a decision changes nothing.
    label = row.given_label if space.same(label, row.given_label) else space.canonical(label)
    if row.protected and answer == "label" and label != row.given_label:
        raise DataError(f"Item {row.item_id!r} is protected (--protect, --split): its label never changes.")
    return Decision(
        item_id=row.item_id,
        content_sha=row.content_sha,
        given_label=row.given_label,
        answer=answer,
        label=label if answer == "label" else None,
        by=by,
        at="",
        seeing=seeing,
        looked=looked,
        guideline_sha=workspace.run.guideline_sha,
        panel_sha=workspace.run.panel_sha,
        proposed_label=proposed(proposal)["proposed_label"] if proposal else None,
        place=row.place,
    )

"""Approval: nothing changes unless a person says yes. This module asks for the yes and records it.

Every function that decides takes the Signer of a person allowed to decide; agent/actions/permission.py makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.agent.state import RunState
from errata.agent.views.results import proposed
from errata.errors import DataError, SetupError, nearest
from errata.tools.store.decisions import record
from errata.tools.store.store import ItemRow
from errata.tools.visible import one_line
from errata.types import Answer, Answered, Decision, Looked, Place, Proposal, Seeing

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
    made = decision_on(workspace, by.name, row, proposal, answer, label, seeing, looked)
    return record(workspace.store.events, workspace.run, [made], by.user)[0].seq


class Given(NamedTuple):
    """An answer about one item, by a person who sees what is proposed, or by their rule."""

    row: ItemRow
    answer: Answer
    label: str | None


def decide_each(workspace: Workspace, by: Signer, answers: Sequence[Given]) -> None:
    """Record the answers of one person about many items, each looked at by itself: all of them, or none."""
    record(workspace.store.events, workspace.run, decisions_on(workspace, by, answers, "item"), by.user)


def decisions_on(workspace: Workspace, by: Signer, answers: Sequence[Given], looked: Looked) -> list[Decision]:
    """The decisions that these answers are, each checked: see ``decision_on``."""
    proposals = Snapshot.of(workspace).proposals
    return [
        decision_on(workspace, by.name, row, proposals.get(row.idx), answer, label, "proposal", looked)
        for row, answer, label in answers
    ]


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
    known = {event.seq for event in workspace.store.events.read("decision", "repeat")}
    bodies = [{"run_id": workspace.run.run_id, "by": by.name, "user": by.user, "undoes": seq} for seq in events]
    unknown = [body["undoes"] for body in bodies if body["undoes"] not in known]
    if unknown:
        raise SetupError(f"Event {unknown[0]} is no decision. errata log lists them.")
    workspace.store.events.append("undo", bodies)


def accepted(proposal: Proposal) -> Answered | None:
    """The answer and label that accepting a proposal records; None if it proposes none."""
    if proposal.outcome == "relabel":
        return "label", proposal.proposed_label
    if proposal.outcome in ("several", "none_of_these"):
        return proposal.outcome, None
    return None


def decision_on(
    workspace: Workspace,
    by: str,
    row: ItemRow,
    proposal: Proposal | None,
    answer: Answer,
    label: str | None,
    seeing: Seeing,
    looked: Looked,
    *,
    in_check: bool = False,
) -> Decision:
    """The decision, checked. DataError for a label that is not in the data, and for a change of a protected item,
    except ``in_check``: a random check is about protected items too, and changes none of them."""
    space = workspace.run.label_space
    if answer == "label" and label not in space.index():
        raise DataError(f"Item {row.item_id!r}: {label!r} is no label of this data{nearest(str(label), space.names)}.")
    # Keep the item's own spelling of its class, so that such a decision changes nothing.
    label = row.given_label if space.same(label, row.given_label) else space.canonical(label)
    if row.protected and not in_check and answer == "label" and label != row.given_label:
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

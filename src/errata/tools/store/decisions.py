"""People's decisions, read from the chain of events: what stands for each item of a run today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from errata.tools.store.events import Event, EventChain
from errata.tools.store.store import ItemRow, RunInfo
from errata.types import Decision

_FIELDS = [f.name for f in fields(Decision) if f.name not in ("at", "event", "event_hash")]


def record(chain: EventChain, run: RunInfo, decisions: Iterable[Decision], os_user: str) -> list[Event]:
    bodies = []
    for decision in decisions:
        values = asdict(decision)
        bodies.append({"run_id": run.run_id, "user": os_user} | {name: values[name] for name in _FIELDS})
    return chain.append("decision", bodies)


def standing(chain: EventChain, run: RunInfo, rows: Sequence[ItemRow]) -> dict[int, Decision]:
    """idx -> the decision that holds for it.

    In its own run a decision belongs to its item. From earlier runs it is inherited by content and given label, as long
    as what it was made under still holds: see ``_still_holds``.
    """
    own: dict[str, Decision] = {}
    inherited: dict[tuple[str, str | None], Decision] = {}
    for body, decision in _not_undone(chain):
        if body["run_id"] == run.run_id:
            own[decision.item_id] = decision
        elif body["run_id"] < run.run_id and _still_holds(decision, run):
            inherited[decision.content_sha, decision.given_label] = decision
    found = {}
    for row in rows:
        decision_of_row = own.get(row.item_id) or inherited.get((row.content_sha, row.given_label))
        if decision_of_row is not None:
            found[row.idx] = decision_of_row
    return found


def _not_undone(chain: EventChain) -> Iterable[tuple[Mapping[str, Any], Decision]]:
    events = list(chain.read("decision", "undo"))
    undone = {event.body["undoes"] for event in events if event.kind == "undo"}
    for event in events:
        if event.kind == "decision" and event.seq not in undone:
            values = {name: event.body[name] for name in _FIELDS}
            yield event.body, Decision(**values, at=event.at, event=event.seq, event_hash=event.hash)


def _still_holds(decision: Decision, run: RunInfo) -> bool:
    """A new guideline reopens everything; a new panel reopens what was rejected, because it may know better."""
    if decision.guideline_sha != run.guideline_sha:
        return False
    return decision.changes_label or decision.panel_sha == run.panel_sha

"""Undo decisions: find which ones are meant, and report what is left. They stay in the history but no longer count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from errata import words
from errata.agent.decisions.approval import Signer, decided_by
from errata.agent.decisions.approval import undo as take_back
from errata.agent.decisions.by_rule import condition_of, matching
from errata.agent.run.applied import standing_patches
from errata.agent.run.workspace import Workspace
from errata.errors import SetupError, StoreError
from errata.tools.store.events import Event
from errata.tools.visible import one_line
from errata.types import ITEM, Decision, Spot

CHANGES_NAMED = 6


@dataclass(frozen=True, slots=True)
class Undone:
    """``events``: the decisions taken back, oldest first. ``decided``: their items that an earlier decision still
    decides. ``applied``: how many of them changed a label that is still changed in ``outputs``."""

    events: tuple[Event, ...]
    decided: int = 0
    applied: int = 0
    outputs: tuple[Path, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "undone": len(self.events),
            "events": [event.seq for event in self.events],
            "by": dict(Counter(str(event.body["by"]) for event in self.events)),
            "still_decided": self.decided,
            "still_applied": self.applied,
            "outputs": [str(output) for output in self.outputs],
        }


def undo(
    workspace: Workspace,
    by: Signer,
    *,
    events: Sequence[int | range] = (),
    where: str | None = None,
    since: datetime | None = None,
) -> Undone:
    """Take back what all of these select; with none given, the last decision, or all of it if it was made by a rule.

    ``events``: event numbers; of a range, those that are decisions. ``where``: every decision on the matching items.
    ``since``: everything decided at or after that time, by anyone; local time if no zone is given. Raises SetupError
    for a number that is not a decision or is already taken back.
    """
    found = standing(workspace)
    if events:
        found = _of_numbers(workspace, events)
    if where is not None:
        found = _of_items(workspace, found, where)
    if since is not None:
        moment = since.astimezone()
        found = [event for event in found if _moment(event) >= moment]
    if not events and where is None and since is None:
        found = last(found)
    return _take(workspace, by, found)


def _take(workspace: Workspace, by: Signer, events: Sequence[Event]) -> Undone:
    """Take these decisions back, and report what is left."""
    take_back(workspace, by, [event.seq for event in events])
    spots = set(map(spot_of, events))
    decided = workspace.decisions()
    left = sum(row.idx in decided and row.spot in spots for row in workspace.rows()) if spots else 0
    changed = {spot_of(event) for event in events if _changes_label(event)}
    column = workspace.run.label_column
    patches = [patch for patch in standing_patches(workspace.store) if patch.run.label_column == column]
    applied = {patch.output: changed.intersection(patch.spots) for patch in patches}
    outputs = tuple(output for output, spots in applied.items() if spots)
    return Undone(tuple(events), left, len(set().union(*applied.values())), outputs)


def standing(workspace: Workspace) -> list[Event]:
    """The decisions in effect in this run, including those inherited from earlier runs; oldest first."""
    undone = _undone(workspace)
    hold = {decision.event for decision in workspace.decisions().values()}
    return [
        event
        for event in workspace.store.events.read("decision")
        if event.seq not in undone and (event.body["run_id"] == workspace.run.run_id or event.seq in hold)
    ]


def spot_of(event: Event) -> Spot:
    """The annotation that a decision is about."""
    return str(event.body["item_id"]), str(event.body.get("place", ITEM))


def last(events: Sequence[Event]) -> list[Event]:
    """The last decision. Items that a rule decided together count as one decision."""
    return [event for event in events if _one_of(event, events[-1])]


def _one_of(event: Event, other: Event) -> bool:
    """Whether two events belong to one decision."""
    if event.seq == other.seq:
        return True
    names = ("run_id", "by", "looked")
    same = event.at == other.at and all(event.body[name] == other.body[name] for name in names)
    return same and event.body["looked"] == "rule"


def in_words(undone: Undone) -> str:
    """A summary: what was taken back, who had decided it, what is still applied, and what to type next."""
    if not undone.events:
        return "There is nothing to take back: there is no such decision. errata log lists what was decided."
    count = len(undone.events)
    lines = [f"{count} decision{'s' * (count > 1)} taken back ({_makers(undone.events)}): {_said(undone.events)}"]
    if undone.decided:
        stand = f"{undone.decided} of these items stand{'s' * (undone.decided == 1)} as decided before"
        lines.append(f"{stand}: errata undo once more")
    if undone.applied:
        outputs = " and ".join(one_line(str(output)) for output in undone.outputs)
        lines.append(f"{undone.applied} of these are applied in {outputs}: errata revert, or errata apply again")
    return "\n".join([*lines, "Next: errata review --terminal, or errata decide. errata log keeps all of it."])


def _makers(events: Iterable[Event]) -> str:
    return decided_by(Counter((str(event.body["by"]), str(event.body.get("looked", "item"))) for event in events))


def _said(events: Sequence[Event]) -> str:
    """The answers, the most frequent first; a single decision names its item."""
    if len(events) == 1:
        return one_line(f"item {words.spot(*spot_of(events[0]))}, {_decided(events[0])}")
    counts = Counter(one_line(_decided(event)) for event in events)
    named = [f"{what} ({items})" if items > 1 else what for what, items in counts.most_common(CHANGES_NAMED)]
    return ", ".join([*named, "..."] if len(counts) > CHANGES_NAMED else named)


def _decided(event: Event) -> str:
    if event.kind == "repeat":
        return f"{words.said(event.body['answer'], event.body['label'])}, when shown again"
    return words.decided(event.body["answer"], event.body["label"], event.body["given_label"])


def _of_numbers(workspace: Workspace, wanted: Sequence[int | range]) -> list[Event]:
    known = {event.seq: event for event in workspace.store.events.read("decision", "repeat")}
    undone = _undone(workspace)
    ranges = [one for one in wanted if isinstance(one, range)]
    found = {seq for seq in known if seq not in undone and any(seq in one for one in ranges)}
    for number in (one for one in wanted if isinstance(one, int)):
        if number not in known:
            raise SetupError(f"Event {number} is no decision. errata log lists them.")
        if number in undone:
            raise SetupError(f"Event {number} was taken back already, by {one_line(undone[number])}.")
        found.add(number)
    return [known[number] for number in sorted(found)]


def _undone(workspace: Workspace) -> Mapping[int, str]:
    """The events of decisions that were taken back, and who did so."""
    return {event.body["undoes"]: str(event.body["by"]) for event in workspace.store.events.read("undo")}


def _of_items(workspace: Workspace, events: Sequence[Event], where: str) -> list[Event]:
    """All decisions on the matching items, including those that a later one replaced, so that the items become open."""
    rows = matching(workspace, condition_of(where))
    spots = {row.spot for row, _ in rows}
    decided: Mapping[int, Decision] = workspace.decisions()
    holding = {decided[row.idx].event for row, _ in rows if row.idx in decided}
    own = workspace.run.run_id
    return [e for e in events if e.seq in holding or (e.body["run_id"] == own and spot_of(e) in spots)]


def _changes_label(event: Event) -> bool:
    changed = event.kind == "decision" and event.body["label"] != event.body["given_label"]
    return bool(event.body["answer"] == "label" and changed)


def _moment(event: Event) -> datetime:
    try:
        return datetime.fromisoformat(event.at)
    except ValueError:
        raise StoreError(f"Event {event.seq} has no readable time ({one_line(event.at, 40)}).") from None

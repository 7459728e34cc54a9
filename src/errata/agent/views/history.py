"""Who changed what, when, why, and on what basis: the chain of events in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from errata import words
from errata.agent.run.workspace import Workspace
from errata.tools.store.events import Event
from errata.tools.visible import one_line
from errata.types import ITEM, Place

DECISION_FIELDS = ("item_id", "given_label", "answer", "label", "by", "user", "looked", "seeing", "proposed_label")


def history(workspace: Workspace) -> list[dict[str, Any]]:
    """Every event, oldest first. StoreError if the hash chain is broken."""
    workspace.store.events.verify()
    return list(_told(workspace.store.events.read()))


def history_of(workspace: Workspace, item_id: str, place: Place | None = None) -> list[dict[str, Any]]:
    """What happened to one item, or at one place of it; DataError if the run has no such item."""
    workspace.annotations_of(item_id)
    events = list(workspace.store.events.read())
    decisions = [e for e in events if e.kind == "decision" and e.body["item_id"] == item_id]
    about = {e.seq for e in decisions if place is None or e.body.get("place", ITEM) == place}
    return list(_told(e for e in events if e.seq in about or _concerns(e, item_id, about)))


def in_words(entry: Mapping[str, Any]) -> str:
    head = one_line(f"{entry['event']:>5}  {entry['at']}  ")
    if entry["kind"] == "decision":
        what = words.decided(entry["answer"], entry["label"], entry["given_label"])
        saw = "nothing proposed" if entry["seeing"] == "blind" else f"proposed {entry['proposed_label'] or 'no label'}"
        how = f"(user {entry['user']}, {entry['looked']}, seeing {saw})"
        return head + one_line(
            f"{words.spot(entry['item_id'], entry.get('place', ITEM))}: {what}, by {entry['by']} {how}"
        )
    if entry["kind"] in ("rule", "check", "repeat"):
        return head + one_line(f"{entry['what']}, by {entry['by']}")
    if entry["kind"] == "undo":
        return head + one_line(f"decision {entry['undoes']} taken back by {entry['by']}")
    if entry["kind"] == "trusted":
        return head + one_line(f"the history up to here trusted by {entry['by']} (user {entry['user']})")
    return head + one_line(f"{entry['patch']} {entry['kind']}: {entry['changes']} labels in {entry['output']}")


def _told(events: Iterator[Event]) -> Iterator[dict[str, Any]]:
    for event in events:
        entry: dict[str, Any] = {"event": event.seq, "at": event.at, "kind": event.kind, "hash": event.hash}
        if event.kind == "decision":
            entry |= {name: event.body[name] for name in DECISION_FIELDS}
            entry |= {"place": event.body["place"]} if event.body.get("place") else {}
        elif event.kind == "undo":
            entry |= {"undoes": event.body["undoes"], "by": event.body["by"]}
        elif event.kind in ("rule", "check", "repeat"):
            entry |= {"by": event.body["by"], "what": _what(event)}
        elif event.kind == "trusted":
            entry |= {"by": event.body["by"], "user": event.body["user"]}
        else:
            entry |= {"patch": event.body["patch"], "output": event.body["output"], "changes": len(event.body["items"])}
        yield entry


def _what(event: Event) -> str:
    body = event.body
    if event.kind == "rule":
        return f"{'accepted' if body['accept'] else 'rejected'} by {words.rule(body['where'])}"
    if event.kind == "check":
        return f"random check of {len(body['sample'])} drawn, about {words.checked(body['where'])}"
    which = words.spot(body["item_id"], body["place"])
    return f"random check {body['check']}: {which} again, {words.said(body['answer'], body['label'])}"


def _concerns(event: Event, item_id: str, decisions: set[int]) -> bool:
    if event.kind == "undo":
        return event.body["undoes"] in decisions
    return item_id in event.body.get("items", ())

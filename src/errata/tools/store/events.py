"""The chain of events: who decided or changed what, and when. Append-only; each has the hash of the one before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import insert, select

from errata.errors import StoreError
from errata.tools.store.database import Database
from errata.tools.store.event_bodies import misshapen
from errata.tools.store.schema import events
from errata.types import sha_of

EventKind = Literal["decision", "undo", "rule", "check", "repeat", "applied", "reverted", "trusted"]
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    seq: int
    hash: str
    at: str
    kind: EventKind
    body: Mapping[str, Any]


class EventChain:
    """Reads and appends events. Reading the head and appending to it share one write transaction. ``appended`` is
    called with the new head, and ``clock`` says when an event happened: UTC, ISO 8601."""

    def __init__(self, database: Database, appended: Callable[[Event], None] = lambda head: None) -> None:
        self._database, self._appended = database, appended
        self.clock: Callable[[], str] = now

    def append(self, kind: EventKind, bodies: Iterable[Mapping[str, Any]]) -> list[Event]:
        at, rows = self.clock(), []
        with self._database.write() as connection:
            head = connection.execute(
                select(events.c.seq, events.c.hash).order_by(events.c.seq.desc()).limit(1)
            ).first()
            seq, previous = (head.seq, head.hash) if head else (0, GENESIS)
            for body in bodies:
                seq += 1
                digest = _hash(previous, at, kind, body)
                rows.append((Event(seq, digest, at, kind, body), previous))
                previous = digest
            if rows:
                connection.execute(insert(events), [_row(event, before) for event, before in rows])
        if rows:
            self._appended(rows[-1][0])
        return [event for event, _ in rows]

    def read(self, *kinds: EventKind) -> Iterator[Event]:
        """All events in order, or those of some kinds."""
        query = select(events).order_by(events.c.seq)
        if kinds:
            query = query.where(events.c.kind.in_(kinds))
        with self._database.read() as connection:
            found = [Event(r.seq, r.hash, r.at, r.kind, json.loads(r.body)) for r in connection.execute(query)]
        for event in found:
            if wrong := misshapen(event.kind, event.body):
                raise StoreError(
                    f"{self._database.path}: event {event.seq} ({event.kind}) is none that errata wrote: {wrong}. "
                    "Restore the file from a backup."
                )
            yield event

    def verify(self) -> list[str]:
        """The hashes of all events, oldest first. StoreError names the first one that was changed or removed."""
        previous, hashes = GENESIS, []
        with self._database.read() as connection:
            found = [(r, json.loads(r.body)) for r in connection.execute(select(events).order_by(events.c.seq))]
        for row, body in found:
            if row.prev_hash != previous or row.hash != _hash(previous, row.at, row.kind, body):
                raise StoreError(
                    f"{self._database.path}: event {row.seq} ({row.kind}, {row.at}) does not follow from the one "
                    "before it: the history was edited. Restore the file from a backup."
                )
            previous = row.hash
            hashes.append(previous)
        return hashes


def _hash(previous: str, at: str, kind: str, body: Mapping[str, Any]) -> str:
    return sha_of([previous, at, kind, dict(body)])


def _row(event: Event, previous: str) -> dict[str, Any]:
    body = json.dumps(dict(event.body), ensure_ascii=False, sort_keys=True)
    return {
        "seq": event.seq,
        "prev_hash": previous,
        "hash": event.hash,
        "at": event.at,
        "kind": event.kind,
        "body": body,
    }


def now() -> str:
    """UTC, to the millisecond, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")

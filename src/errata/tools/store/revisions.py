"""How often each part of a run has changed: a reader that caches data knows from it whether to read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from errata.tools.store.database import Database
from errata.tools.store.schema import events, revisions

Part = Literal["items", "verdicts", "proposals", "contributions"]
Revisions = Mapping[str, int]
"""Part -> how often it has changed; ``events`` is the number of the last event."""


def bump(connection: Connection, run_id: int, part: Part) -> None:
    """Count one change, in the transaction that makes it."""
    statement = insert(revisions).values(run_id=run_id, part=part, number=1)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["run_id", "part"], set_={"number": revisions.c.number + 1})
    )


def read_revisions(database: Database, run_id: int) -> Revisions:
    """For every part of a run, and for the history, which all runs share."""
    query = select(revisions.c.part, revisions.c.number).where(revisions.c.run_id == run_id)
    with database.read() as connection:
        known = {row.part: row.number for row in connection.execute(query)}
        last = connection.execute(select(func.max(events.c.seq))).scalar() or 0
    return {**dict.fromkeys(get_args(Part), 0), **known, "events": last}

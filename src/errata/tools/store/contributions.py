"""What roles and steps of a run contribute, each under its author's name and as the JSON of its kind."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import literal_column, select
from sqlalchemy.dialects.sqlite import insert

from errata.tools.store.database import Database
from errata.tools.store.revisions import bump
from errata.tools.store.schema import contributions


class Contributions:
    """A newer contribution of the same author and kind replaces the older one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run_id: int, author: str, bodies: Mapping[str, str]) -> None:
        """``bodies``: kind -> its JSON; all of them are stored, or none."""
        rows = [{"run_id": run_id, "author": author, "kind": kind, "body": body} for kind, body in bodies.items()]
        if not rows:
            return
        statement = insert(contributions)
        statement = statement.on_conflict_do_update(
            index_elements=["run_id", "author", "kind"], set_={"body": statement.excluded.body}
        )
        with self._database.write() as connection:
            connection.execute(statement, rows)
            bump(connection, run_id, "contributions")

    def of(self, run_id: int) -> dict[str, str]:
        """Kind -> its JSON. If several authors contributed one of a kind, the latest author's."""
        query = select(contributions.c.kind, contributions.c.body).where(contributions.c.run_id == run_id)
        with self._database.read() as connection:
            return {row.kind: row.body for row in connection.execute(query.order_by(literal_column("rowid")))}

"""What errata wrote for a run, identified by hash: a file edited since belongs to the user."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from errata.tools.store.database import Database
from errata.tools.store.events import now
from errata.tools.store.schema import written


class WrittenFiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, place: str, sha256: str) -> None:
        """Record a file or folder as errata's, before it is put in place, so that it is known after any crash."""
        row = {"path": place, "sha256": sha256, "at": now()}
        with self._database.write() as connection:
            connection.execute(insert(written).values(**row).on_conflict_do_nothing())

    def is_known(self, place: str, sha256: str) -> bool:
        """Whether errata ever wrote exactly this content there."""
        query = select(written.c.sha256).where(written.c.path == place, written.c.sha256 == sha256)
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

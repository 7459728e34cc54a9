"""Upgrade older stores: alembic's revisions, numbered like SCHEMA_VERSION."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from errata.tools.store.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from alembic.config import Config

OLDEST = 2
"""Stores of version 1 were never released."""


class CannotUpgrade(Exception):
    """A store that cannot be upgraded."""


def keep_copy(path: Path, version: int) -> Path:
    """Keep the store under another name next to it. An existing copy is left unchanged."""
    copy = path.with_name(f"{path.stem}.version-{version}{path.suffix}")
    if copy.exists():
        return copy
    draft = copy.with_name(f".{copy.name}.errata-tmp")
    draft.unlink(missing_ok=True)
    old, new = sqlite3.connect(path), sqlite3.connect(draft)
    try:
        old.backup(new)
    finally:
        old.close()
        new.close()
    return draft.replace(copy)


def upgrade(connection: Connection, folder: Path) -> None:
    """Upgrade the store behind this connection to today's version, in its transaction. ``folder``: the run folder.
    CannotUpgrade if it contains what no errata wrote."""
    from alembic import command
    from alembic.util.exc import CommandError

    config = _config()
    config.attributes |= {"connection": connection, "folder": folder}
    try:
        command.upgrade(config, "head")
    except (CommandError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotUpgrade(f"{type(error).__name__}: {error}") from error


def stamp(connection: Connection) -> None:
    """Mark a store that was just created as needing no upgrade."""
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (f"{SCHEMA_VERSION:04}",))


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config

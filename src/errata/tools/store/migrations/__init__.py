"""How an older store becomes one of today: alembic's revisions, numbered as SCHEMA_VERSION counts."""

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
    """A store that no upgrade can follow."""


def keep_copy(path: Path, version: int) -> Path:
    """The store as it is, under another name beside it. A copy that is there already stays as it is."""
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
    """Bring the store behind this connection up to today's version, in its transaction. ``folder``: the run folder.
    CannotUpgrade where it holds what no errata wrote."""
    from alembic import command
    from alembic.util.exc import CommandError

    config = _config()
    config.attributes |= {"connection": connection, "folder": folder}
    try:
        command.upgrade(config, "head")
    except (CommandError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotUpgrade(f"{type(error).__name__}: {error}") from error


def stamp(connection: Connection) -> None:
    """Note in a store that was just made that it needs no upgrade."""
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (f"{SCHEMA_VERSION:04}",))


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config

"""checkpoints.sqlite: where the graph stopped. It may be missing, damaged, of another version, or from elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import StateSnapshot

from errata.errors import StoreError

ON_THE_SYSTEM_SIDE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
"""Errors that a new file would not fix."""


class UnreadableCheckpoints(StoreError):
    """The file has no checkpoints that this version can read."""


@contextmanager
def opened(path: Path) -> Iterator[SqliteSaver]:
    """Open the checkpoints in this file, reading only plain values: LangGraph by default calls whatever a file names.
    UnreadableCheckpoints if they are damaged, StoreError if the file cannot be used."""
    try:
        with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
            yield SqliteSaver(connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
    except sqlite3.Error as error:
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in ON_THE_SYSTEM_SIDE:
            raise StoreError(f"{path}: {error}. Free the disk or the file, then run the same command again.") from None
        raise UnreadableCheckpoints(f"{path} is damaged ({error})") from None


def remove(path: Path) -> None:
    """Remove the file and SQLite's companion files."""
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def state_of(graph: Any, config: RunnableConfig) -> StateSnapshot:
    """Where the graph stopped. UnreadableCheckpoints if what is stored makes no sense."""
    try:
        found: StateSnapshot = graph.get_state(config)
    except sqlite3.Error:
        raise
    except Exception as error:  # any error that LangGraph raises
        raise UnreadableCheckpoints(f"the checkpoints cannot be read ({type(error).__name__})") from error
    return found

"""A log of calls on disk, as a run keeps it, for as long as a measurement lasts."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from errata.tools.judging.calls import CallLog
from errata.tools.store.calls import Calls
from errata.tools.store.database import Database


def in_sqlite(stack: ExitStack) -> CallLog:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    database = Database(folder / "store.sqlite")
    stack.callback(database.close)
    return Calls(database)

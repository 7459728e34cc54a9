"""The open workspaces of a graph's driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from errata.agent.run.workspace import Workspace, open_run
from errata.tools.store.run_folder import RunFolder


class RunContext(TypedDict):
    """Which run a graph works on: JSON-plain, so that it can be sent to a server."""

    run_dir: str
    run_id: int


class Workspaces:
    """A node works in the driver's workspace of its run, or opens its own if there is none."""

    def __init__(self, *held: Workspace) -> None:
        self._open = {(str(one.folder.path), one.run.run_id): one for one in held}

    @contextmanager
    def of(self, context: RunContext) -> Iterator[Workspace]:
        found = self._open.get((context["run_dir"], context["run_id"]))
        if found is not None:
            yield found
            return
        own = open_run(RunFolder(Path(context["run_dir"])), context["run_id"])
        try:
            yield own
        finally:
            own.close()

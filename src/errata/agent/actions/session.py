"""What actions work on, and who acts: an open run, or the folder that will hold one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from errata.agent.actions.permission import Permission
from errata.agent.decisions.approval import Signer
from errata.agent.run.external_settings import Confirm, refuse
from errata.agent.run.go_ahead import GoAhead
from errata.agent.run.go_ahead import refuse as refuse_job
from errata.agent.run.notices import Notify, Progress, no_progress, print_notice
from errata.agent.run.workspace import Workspace, open_run
from errata.errors import SetupError
from errata.tools.store.run_folder import RunFolder, find_run

__all__ = ["Progress", "Session"]

if TYPE_CHECKING:
    from errata.agent.decisions.review_queue import ReviewQueue


@dataclass
class Session:
    """``progress`` is called with how far a long action is, ``notify`` with what a person should know beyond its
    result. ``confirm`` is asked about settings that came with the data, ``go_ahead`` about a long or paid job. ``here``
    is where run folders are searched for. ``stopped``: someone asked the action to end and waits for it.

    ``perform`` sets ``signer`` while it runs an action that needs a person.
    """

    permission: Permission = field(default_factory=Permission)
    progress: Progress = no_progress
    notify: Notify = print_notice
    confirm: Confirm = refuse
    go_ahead: GoAhead = refuse_job
    here: Path = field(default_factory=Path.cwd)
    folder: RunFolder | None = None
    workspace: Workspace | None = None
    signer: Signer | None = None
    stopped: bool = False

    def find(self, name: str | None = None) -> Session:
        """Use the run folder given by its name or by the data's path; by default the newest one here."""
        self.folder = find_run(name, self.here).folder
        return self

    def open(self, name: str | None = None, *, label: str | None = None, number: int | None = None) -> Session:
        """Open a run: by its number, or else the current run (of this label column, if one is named)."""
        found = find_run(name, self.here)
        self.use(open_run(found.folder, number, data=found.data, label=label, notify=self.notify))
        return self

    def use(self, workspace: Workspace) -> None:
        """Work on this run from now on, and close the one that was open."""
        self.close()
        self.workspace, self.folder = workspace, workspace.folder

    @property
    def is_open(self) -> bool:
        return self.workspace is not None

    @property
    def run(self) -> Workspace:
        """The open run; SetupError if none is open."""
        if self.workspace is None:
            raise SetupError("No run is open here. Begin one: errata run DATA --text COL --label COL")
        return self.workspace

    @property
    def by(self) -> Signer:
        """Who signs what is decided. SetupError in an action that did not declare that it needs a person."""
        if self.signer is None:
            raise SetupError("Nobody signs this: the action's effect must be 'decide' or 'write'.")
        return self.signer

    @cached_property
    def review_queue(self) -> ReviewQueue:
        """The open proposals of this run, gathered once per session."""
        from errata.agent.decisions.review_queue import ReviewQueue  # imported late: other commands do not need it

        return ReviewQueue(self.run)

    @property
    def who(self) -> str:
        """The name of the acting person; empty if there is none."""
        return self.permission.person.name if self.permission.person else ""

    @property
    def run_folder(self) -> Path:
        """The folder of the open run."""
        return self.run.folder.path

    def stop(self) -> int | None:
        """Let judging end gracefully; callable from any thread. Returns the number of calls in flight, None if no judge
        is being asked."""
        from errata.agent.drive import stop

        self.stopped = True
        return None if self.workspace is None else stop(self.workspace)

    def cost_so_far(self) -> str:
        """The cost so far in words, while judges are being asked; empty before that."""
        panel = None if self.workspace is None else self.workspace.open_panel
        return "" if panel is None else panel.budget.spent.in_words()

    def calls_kept(self) -> int:
        """How many model calls of this run are finished and recorded."""
        return self.run.store.calls_of(self.run.run.run_id).spent().calls

    def close(self) -> None:
        """Close the run; waits for calls in flight and records them."""
        self.__dict__.pop("review_queue", None)
        if self.workspace is not None:
            self.workspace.close()
            self.workspace = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

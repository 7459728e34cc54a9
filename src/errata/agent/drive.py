"""Drive a run's graph until it waits for a person, resuming where a killed process stopped."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from errata.agent import judging
from errata.agent.graph import Nodes, build
from errata.agent.run.checkpoints import UnreadableCheckpoints, opened, remove, state_of
from errata.agent.run.notices import Progress
from errata.agent.run.workspace import Workspace
from errata.agent.run.workspaces import RunContext, Workspaces
from errata.agent.state import RunState
from errata.agent.views.report import write_run_report
from errata.errors import ErrataError
from errata.tools.visible import one_line

MakeNodes = Callable[[Workspaces], Nodes]
_log = logging.getLogger(__name__)


def drive(workspace: Workspace, progress: Progress, nodes: MakeNodes = Nodes) -> RunState:
    """Run until the graph waits for approval. The report is written too, so that the person has it when deciding."""
    with workspace.folder.lock():
        judging.reopen(workspace)
        state = _Driver(workspace, progress, nodes=nodes).go(RunState())
        write_run_report(workspace)
    return state


def scanned(workspace: Workspace, progress: Progress) -> RunState:
    """Run until the graph knows what to ask, without asking anything."""
    with workspace.folder.lock():
        return _Driver(workspace, progress, stop_before="judge").go(RunState())


def resume(workspace: Workspace, approve: bool, progress: Progress) -> RunState:
    """Resume the waiting graph with a person's yes or no, and run it to the end."""
    decision = {"decisions": [{"type": "approve" if approve else "reject"}]}
    with workspace.folder.lock():
        return _Driver(workspace, progress).go(Command(resume=decision))


def stop(workspace: Workspace) -> int | None:
    """Let judging end gracefully; callable from any thread. Nothing more is sent to the judges, and ``drive`` raises
    Stopped once the calls in flight are recorded. Returns their number, None if no judge is being asked."""
    return None if workspace.open_panel is None else workspace.open_panel.stop()


@dataclass(frozen=True)
class _Driver:
    workspace: Workspace
    progress: Progress
    stop_before: str = ""
    nodes: MakeNodes = Nodes

    def go(self, given: RunState | Command[Any]) -> RunState:
        """Continue from the checkpoint. If checkpoints are damaged or from another version, start from the beginning:
        every node finds in the store what is already done."""
        checkpoints = self.workspace.folder.checkpoints
        known = checkpoints.exists()
        try:
            return self._from_checkpoints(given)
        except UnreadableCheckpoints as error:
            why = str(error)
        except (ErrataError, OSError):
            raise
        except Exception as error:  # any error LangGraph raises on them; a bug of ours shows again without
            if not known:
                raise
            why = f"the checkpoints cannot be followed ({type(error).__name__})"
        remove(checkpoints)
        _log.warning(f"errata: {one_line(why)}: made again, nothing is lost")
        if isinstance(given, Command):  # without a checkpoint there is nothing to resume
            self._from_checkpoints(RunState())
        return self._from_checkpoints(given)

    def _from_checkpoints(self, given: RunState | Command[Any]) -> RunState:
        workspace = self.workspace
        config: RunnableConfig = {"configurable": {"thread_id": f"run-{workspace.run.run_id}"}}
        context: RunContext = {"run_dir": str(workspace.folder.path), "run_id": workspace.run.run_id}
        with opened(workspace.folder.checkpoints) as saver:
            graph = build(saver, self.nodes(Workspaces(workspace)))
            stands = state_of(graph, config)
            here = stands.values.items() >= context.items()  # a moved or copied folder has another context
            if isinstance(given, Command) and not here:
                raise UnreadableCheckpoints(f"{workspace.folder.checkpoints} is of another place")
            # Without input, LangGraph resumes at the node at which a killed run stopped.
            killed = here and bool(stands.next) and stands.next != ("await_approval",)
            if killed and self.stop_before in stands.next:  # it would continue from its last stop
                return cast(RunState, stands.values)
            go_on = None if killed and not isinstance(given, Command) else given
            pause = [self.stop_before] if self.stop_before else None
            notes = graph.stream(go_on, config, context=context, stream_mode="custom", interrupt_before=pause)
            with closing(notes):  # however it ends, wait for nodes still at work
                for note in notes:
                    self.progress(note["step"], note["done"], note["total"])
            return cast(RunState, state_of(graph, config).values)

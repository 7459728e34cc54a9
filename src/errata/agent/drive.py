"""Drive a run's graph until it waits for a person, going on where a killed process left it."""

from __future__ import annotations

import logging
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from errata.agent.graph import build
from errata.agent.phases import Progress
from errata.agent.run.checkpoints import UnreadableCheckpoints, opened, remove, state_of
from errata.agent.run.workspace import Workspace
from errata.agent.run.workspaces import RunContext, Workspaces
from errata.agent.state import RunState
from errata.agent.views.report import write_run_report
from errata.errors import ErrataError
from errata.tools.visible import one_line

_log = logging.getLogger(__name__)


def drive(workspace: Workspace, progress: Progress) -> RunState:
    """Run until the graph waits for approval. The report is written too: a person decides with it at hand."""
    with workspace.folder.lock():
        state = _stream(workspace, RunState(), progress)
        write_run_report(workspace)
    return state


def scanned(workspace: Workspace, progress: Progress) -> RunState:
    """Where the graph stands once it knows what to ask, before it asks anything."""
    with workspace.folder.lock():
        return _stream(workspace, RunState(), progress, stop_before="judge")


def answer(workspace: Workspace, approve: bool, progress: Progress) -> RunState:
    """Give the waiting graph a person's answer and run it to its end."""
    decision = {"decisions": [{"type": "approve" if approve else "reject"}]}
    with workspace.folder.lock():
        return _stream(workspace, Command(resume=decision), progress)


def stop(workspace: Workspace) -> int | None:
    """Let a run that is judging end in order, from any thread: nothing more is sent to its judges, and ``drive`` raises
    Stopped once those calls are recorded that are in flight. How many these are; None where nobody is being asked."""
    return None if workspace.open_panel is None else workspace.open_panel.stop()


def _stream(
    workspace: Workspace, given: RunState | Command[Any], progress: Progress, stop_before: str = ""
) -> RunState:
    """As the checkpoints say where the graph stood; where they are damaged or of another version, from the beginning:
    every node finds in the store what is done."""
    known = workspace.folder.checkpoints.exists()
    try:
        return _from(workspace, given, progress, stop_before)
    except UnreadableCheckpoints as error:
        why = str(error)
    except (ErrataError, OSError):
        raise
    except Exception as error:  # whatever LangGraph stumbles over in them; a bug of ours shows again without
        if not known:
            raise
        why = f"the checkpoints cannot be followed ({type(error).__name__})"
    remove(workspace.folder.checkpoints)
    _log.warning(f"errata: {one_line(why)}: made anew, nothing is lost")
    if isinstance(given, Command):  # there must be something to resume
        _from(workspace, RunState(), progress)
    return _from(workspace, given, progress, stop_before)


def _from(workspace: Workspace, given: RunState | Command[Any], progress: Progress, stop_before: str = "") -> RunState:
    config: RunnableConfig = {"configurable": {"thread_id": f"run-{workspace.run.run_id}"}}
    with opened(workspace.folder.checkpoints) as saver:
        graph = build(saver, Workspaces(workspace))
        stands = state_of(graph, config)
        context: RunContext = {"run_dir": str(workspace.folder.path), "run_id": workspace.run.run_id}
        here = stands.values.items() >= context.items()  # a folder that was moved or copied knows of another
        if isinstance(given, Command) and not here:
            raise UnreadableCheckpoints(f"{workspace.folder.checkpoints} is of another place")
        # With no input LangGraph takes up the node at which a killed run had stopped.
        killed = here and bool(stands.next) and stands.next != ("await_approval",)
        go_on = None if killed and not isinstance(given, Command) else given
        if killed and stop_before in stands.next:  # it stopped there the last time, and would go on from it now
            return cast(RunState, stands.values)
        pause = [stop_before] if stop_before else None
        for note in graph.stream(go_on, config, context=context, stream_mode="custom", interrupt_before=pause):
            progress(note["step"], note["done"], note["total"])
        return cast(RunState, state_of(graph, config).values)

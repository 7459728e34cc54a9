"""Drive a run's graph until it waits for a person, going on where a killed process left it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from langsmith import tracing_context

from errata.agent.graph import build
from errata.agent.state import RunState
from errata.agent.summary import write_run_report
from errata.agent.workspace import Workspace

Progress = Callable[[str, int, int], None]


def drive(workspace: Workspace, progress: Progress) -> RunState:
    """Run until the graph waits for approval. The report is written too: a person decides with it at hand."""
    with workspace.folder.lock():
        start: RunState = {"run_dir": str(workspace.folder.path), "run_id": workspace.run.run_id}
        state = _stream(workspace, start, progress)
        write_run_report(workspace)
    return state


def answer(workspace: Workspace, approve: bool, progress: Progress) -> RunState:
    """Give the waiting graph a person's answer and run it to its end."""
    decision = {"decisions": [{"type": "approve" if approve else "reject"}]}
    with workspace.folder.lock():
        return _stream(workspace, Command(resume=decision), progress)


def stop(workspace: Workspace) -> int | None:
    """Let a run that is judging end in order, from any thread: nothing more is sent to its judges, and ``drive`` raises
    Stopped once those calls are recorded that are in flight. How many these are; None where nobody is being asked."""
    return None if workspace.open_panel is None else workspace.open_panel.stop()


def _stream(workspace: Workspace, given: RunState | Command[Any], progress: Progress) -> RunState:
    config: Any = {"configurable": {"thread_id": f"run-{workspace.run.run_id}"}}
    with SqliteSaver.from_conn_string(str(workspace.folder.checkpoints)) as saver:
        graph = build(saver)
        waiting_at = graph.get_state(config).next
        # With no input LangGraph takes up the node at which a killed run had stopped.
        killed = bool(waiting_at) and waiting_at != ("await_approval",)
        go_on = None if killed and not isinstance(given, Command) else given
        # Whatever the environment says of tracing for other projects: errata calls nobody that was not named to it.
        with tracing_context(enabled=False):
            for note in graph.stream(go_on, config, stream_mode="custom"):
                progress(note["step"], note["done"], note["total"])
        state: RunState = cast(RunState, graph.get_state(config).values)
        return state

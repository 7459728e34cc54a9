"""errata contacts no server that the user did not name, even if the environment enables LangGraph's tracing, and
whatever runs the graph."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tracers.langchain import LangChainTracer
from langsmith import Client

from errata.agent.drive import drive
from errata.agent.graph import graph
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.agent.run.workspaces import RunContext
from errata.agent.state import RunState
from errata.settings import Settings
from tests.topics import write_topics


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Where traces would be sent."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        found.settimeout(1)
        for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING"):
            monkeypatch.setenv(name, "true")
        monkeypatch.setenv("LANGSMITH_API_KEY", "x")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", f"http://127.0.0.1:{found.getsockname()[1]}")
        yield found


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    write_topics(tmp_path / "mail.csv")
    values = {"label": "topic", "text": "message", "id": "id", "embedder": "plain"}
    found = begin(tmp_path / "mail.csv", Settings.model_validate(values))
    yield found
    found.close()


def nothing_came(listener: socket.socket) -> None:
    with pytest.raises(TimeoutError):
        listener.accept()


def test_a_run_sends_no_trace(workspace: Workspace, listener: socket.socket) -> None:
    drive(workspace, lambda step, done, total: None)
    nothing_came(listener)


async def _events(given: Any, config: Any, which: RunContext) -> None:
    async for _ in graph.astream_events(given, config, version="v2", context=which):
        pass


@pytest.mark.parametrize(
    "run",
    [
        lambda given, config, which: graph.invoke(given, config, context=which),
        lambda given, config, which: asyncio.run(graph.ainvoke(given, config, context=which)),
        lambda given, config, which: asyncio.run(_events(given, config, which)),
        lambda given, config, which: graph.with_config(tags=["a server's"]).invoke(given, config, context=which),
    ],
    ids=["invoke", "ainvoke", "events", "as a server copies it"],
)
def test_the_graph_run_by_another_program_is_not_traced_either(
    workspace: Workspace, listener: socket.socket, run: Callable[[Any, Any, RunContext], Any]
) -> None:
    """As langgraph's own server runs it, with a tracer; without a checkpointer it runs up to the interrupt."""
    tracer = LangChainTracer(client=Client(auto_batch_tracing=False, timeout_ms=500))
    given: RunState = {}
    which: RunContext = {"run_dir": str(workspace.folder.path), "run_id": workspace.run.run_id}
    run(given, {"callbacks": [tracer]}, which)
    nothing_came(listener)

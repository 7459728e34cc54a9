"""A graph that is never traced: errata contacts only what was named to it, whoever runs the graph and whatever their
environment says about tracing other projects."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from langchain_core.callbacks import BaseCallbackManager, CallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tracers.langchain import LangChainTracer
from langgraph.graph.state import CompiledStateGraph
from langsmith import tracing_context

from errata.agent.run.workspaces import RunContext
from errata.agent.state import RunState

GIVEN_UP = ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER")
"""Variables of a tracer that langchain dropped: it raises an error if one is set."""


class Untraced(CompiledStateGraph[RunState, RunContext, RunState, RunState]):
    """All ways to run a graph go through these two methods."""

    def stream(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> Generator[Any, None, None]:
        with _no_tracing():
            yield from super().stream(input, _without_tracers(config), **options)

    async def astream(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> AsyncIterator[Any]:
        with _no_tracing():
            async for part in super().astream(input, _without_tracers(config), **options):
                yield part


@contextmanager
def _no_tracing() -> Iterator[None]:
    for name in GIVEN_UP:
        os.environ.pop(name, None)
    with tracing_context(enabled=False):
        yield


def _without_tracers(config: RunnableConfig | None) -> RunnableConfig:
    """The same config without the tracers of a caller or an enclosing graph."""
    given = config or RunnableConfig()
    found = given.get("callbacks") or (var_child_runnable_config.get() or {}).get("callbacks")
    if isinstance(found, BaseCallbackManager):
        callbacks = found.copy()
    else:
        callbacks = CallbackManager(list(found or ()), list(found or ()))
    for handler in (*callbacks.handlers, *callbacks.inheritable_handlers):
        if isinstance(handler, LangChainTracer):
            callbacks.remove_handler(handler)
    return {**given, "callbacks": callbacks}

"""A run killed right after any of its nodes finished, before the checkpoint, continues correctly."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from errata.agent.drive import drive
from errata.agent.graph import Nodes, Run
from errata.agent.run.begin import begin
from errata.agent.run.workspaces import Workspaces
from errata.agent.state import RunState
from errata.agent.views.results import result_rows
from errata.settings import Settings
from tests.conftest import Judge, stub_server
from tests.topics import write_topics

pytestmark = pytest.mark.slow

REPEATED = ("detect", "triage", "judge", "weigh")
NODES = ("load", "profile", "embed", *REPEATED, "propose")


class Killed(BaseException):
    """As sudden as a signal: neither errata nor LangGraph may catch it and clean up."""


def dying(name: str, alive: int) -> Callable[[Workspaces], Nodes]:
    """Nodes, one of which ends the process when it finishes, after finishing ``alive`` times normally."""
    left, work = [alive], getattr(Nodes, name)

    @functools.wraps(work)
    def wrapped(self: Nodes, state: RunState, runtime: Run) -> RunState:
        result: RunState = work(self, state, runtime)
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return result

    return type("Dying", (Nodes,), {name: wrapped})


class Whole(NamedTuple):
    """An uninterrupted run: its data, its settings, its results, and how many calls they take."""

    data: Path
    settings: Settings
    judge: Judge
    results: list[dict[str, Any]]
    calls: int


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("whole")
    data = folder / "mail.csv"
    write_topics(data)
    with stub_server(folder / "requests.log") as judge:
        settings = Settings.model_validate(
            {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "judge": (judge.spec,)}
        )
        workspace = begin(data, settings)
        drive(workspace, silent)
        yield Whole(data, settings, judge, result_rows(workspace), len(judge.requests()))
        workspace.close()


def silent(step: str, done: int, total: int) -> None:
    pass


@pytest.mark.parametrize("alive", [0, 1])
@pytest.mark.parametrize("name", NODES)
def test_a_run_continues_after_dying_at_the_end_of_any_node(
    name: str, alive: int, whole: Whole, tmp_path: Path
) -> None:
    asked_before = len(whole.judge.requests())
    workspace = begin(whole.data, whole.settings, tmp_path / "killed.errata")
    try:
        drive(workspace, silent, dying(name, alive))
    except Killed:
        workspace.close()
        workspace = begin(whole.data, whole.settings, tmp_path / "killed.errata")
    else:
        assert alive and name not in REPEATED
    drive(workspace, silent)
    assert result_rows(workspace) == whole.results
    assert len(whole.judge.requests()) - asked_before == whole.calls, "a call was paid for twice, or never made"
    workspace.close()

"""A run that dies right after any of its nodes has done its work, before a checkpoint says so, goes on all the same."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from errata.agent import graph
from errata.agent.begin import begin
from errata.agent.drive import drive
from errata.agent.results import result_rows
from errata.agent.state import RunState
from errata.settings import Settings
from tests.conftest import Judge
from tests.topics import write_topics

NODES = ("load", "profile", "embed", "detect", "triage", "judge", "weigh", "propose")


class Killed(BaseException):
    """As sudden as a signal: nothing of errata or LangGraph may catch it and tidy up."""


def dying(node: Callable[[RunState], RunState], alive: int) -> Callable[[RunState], RunState]:
    """The node, which ends the process at the end of its work, after ``alive`` times that it did not."""
    left = [alive]

    @functools.wraps(node)
    def wrapped(state: RunState) -> RunState:
        result = node(state)
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return result

    return wrapped


@pytest.mark.parametrize("alive", [0, 1])
@pytest.mark.parametrize("name", NODES)
def test_a_run_goes_on_after_dying_at_the_end_of_any_node(
    name: str, alive: int, tmp_path: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "mail.csv"
    write_topics(data)
    settings = Settings.model_validate(
        {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "judge": (judge.spec,)}
    )
    whole = begin(data, settings, tmp_path / "whole.errata")
    drive(whole, lambda step, done, total: None)
    expected, asked = result_rows(whole), len(judge.requests())
    whole.close()

    workspace = begin(data, settings, tmp_path / "killed.errata")
    with monkeypatch.context() as patch:
        patch.setattr(graph, name, dying(getattr(graph, name), alive))
        try:
            drive(workspace, lambda step, done, total: None)
        except Killed:
            workspace.close()
            workspace = begin(data, settings, tmp_path / "killed.errata")
        else:
            assert alive and name not in ("detect", "triage", "judge", "weigh"), "these nodes run more than once"
    drive(workspace, lambda step, done, total: None)
    assert result_rows(workspace) == expected
    assert len(judge.requests()) == 2 * asked, "a call was paid for twice, or never made"
    workspace.close()

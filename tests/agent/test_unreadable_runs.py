"""Missing information never counts as information: if a judge cannot be read, the scan decides the outcomes."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.agent.views.results import result_rows
from errata.agent.views.status import describe, status_of
from errata.errors import SetupError
from tests.agent.test_loop import run, settings, silent
from tests.conftest import Judge, stub_server
from tests.topics import write_topics


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_topics(tmp_path / "mail.csv")
    return tmp_path / "mail.csv"


def free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def go(data: Path, judge: Judge, **more: Any) -> Workspace:
    workspace = run(data, judge.spec, **more)
    workspace.close()
    return begin(data, settings(judge.spec, **more))


def test_unreadable_answers_are_no_look_and_are_asked_again_once_they_can_be_read(data: Path, tmp_path: Path) -> None:
    scanned_only = run(data)
    by_the_scan, count = result_rows(scanned_only), status_of(scanned_only)["wrong"]
    scanned_only.close()
    port = free_port()
    with stub_server(tmp_path / "bad.log", "--port", port, "--says", "<think>Okay", "--no-logprobs") as judge:
        unread = go(data, judge, permutations=4, calibrate=False)
        found = status_of(unread)
        assert "cannot be read" in found["stopped"] and found["unreadable_answers"] >= 16
        assert (found["statuses"].get("judged", 0), found["wrong"]) == (0, count)
        assert [row["outcome"] for row in result_rows(unread)] == [row["outcome"] for row in by_the_scan]
        unread.close()
    with stub_server(tmp_path / "good.log", "--port", port) as judge:
        better = go(data, judge, permutations=4, calibrate=False)
        found = status_of(better)
        assert (found["stopped"], found["unreadable_answers"], found["run_id"]) == ("", 0, unread.run.run_id)
        assert found["statuses"]["judged"] > 0
        asked = len(judge.requests())
        better.close()
        go(data, judge, permutations=4, calibrate=False).close()
        assert len(judge.requests()) == asked > 0, "what could be read is not asked again"


def test_answers_about_trusted_items_that_cannot_be_read_are_counted(data: Path, tmp_path: Path) -> None:
    with stub_server(tmp_path / "bad.log", "--says", "<think>Okay", "--no-logprobs") as judge:
        stopped = run(data, judge.spec)
        found = status_of(stopped)
    assert "cannot be read" in found["stopped"] and found["unreadable_answers"] >= 20
    assert f"{found['unreadable_answers']} answers unreadable" in describe(found)


def test_what_an_earlier_run_could_not_read_is_not_settled(tmp_path: Path, data: Path) -> None:
    port = free_port()
    with stub_server(tmp_path / "bad.log", "--port", port, "--says", "hm", "--no-logprobs") as judge:
        run(data, judge.spec).close()
    write_topics(data, extra=3)
    with stub_server(tmp_path / "good.log", "--port", port) as judge:
        second = run(data, judge.spec)
        assert second.run.run_id == 2 and status_of(second)["statuses"]["judged"] > 0
        second.close()


def test_a_budget_in_usd_without_prices_is_refused_before_anything_is_asked(data: Path, judge: Judge) -> None:
    with pytest.raises(SetupError, match="needs prices"):
        begin(data, settings(judge.spec, budget="usd=0.1"))
    workspace = begin(data, settings(judge.spec, budget="usd=0.0001", usd_per_mtok_in=5.0))
    drive(workspace, silent)
    assert "budget of 0.0001 usd" in status_of(workspace)["stopped"]
    workspace.close()

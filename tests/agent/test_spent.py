"""A budget counts the run's own calls and minutes, over all its restarts, regardless of elapsed time."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.agent.views.status import status_of
from errata.settings import Settings
from tests.by_hand import closed_later
from tests.conftest import Judge, stub_server
from tests.topics import write_topics


def run(data: Path, judge: Judge, budget: str) -> Workspace:
    values = {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "judge": (judge.spec,)}
    workspace = begin(data, Settings.model_validate(values | {"budget": budget}))
    drive(workspace, lambda step, done, total: None)
    return closed_later(workspace)


@pytest.mark.parametrize(
    "moved", ["2999-01-01T00:00:00.000+00:00", "1970-01-01T00:00:00.000+00:00"], ids=["back", "ahead"]
)
def test_a_clock_that_was_moved_buys_no_calls_and_costs_none(tmp_path: Path, judge: Judge, moved: str) -> None:
    write_topics(tmp_path / "mail.csv")
    first = run(tmp_path / "mail.csv", judge, "calls=5")
    first.close()
    connection = sqlite3.connect(first.folder.store)
    connection.execute("UPDATE runs SET started_at = ?", (moved,))
    connection.commit()
    connection.close()
    for budget, calls in (("calls=5", 5), ("calls=9", 9)):
        again = run(tmp_path / "mail.csv", judge, budget)
        assert (again.run.run_id, status_of(again)["spent"]["calls"], len(judge.requests())) == (1, calls, calls)
        again.close()


def test_calls_of_an_earlier_run_are_not_counted_in_the_next(tmp_path: Path, judge: Judge) -> None:
    write_topics(tmp_path / "mail.csv")
    run(tmp_path / "mail.csv", judge, "calls=5").close()
    write_topics(tmp_path / "mail.csv", extra=3)
    second = run(tmp_path / "mail.csv", judge, "calls=6")
    assert (second.run.run_id, len(judge.requests())) == (2, 11)
    second.close()


def test_minutes_are_summed_over_restarts_even_after_a_kill(tmp_path: Path) -> None:
    write_topics(tmp_path / "mail.csv")
    program = (
        "import sys; from pathlib import Path; import errata.agent.run.panel as p; p.NOTE_EVERY_S = 0.05\n"
        "from tests.agent.test_spent import run; from tests.conftest import Judge\n"
        "run(Path(sys.argv[1]), Judge(sys.argv[2], Path()), 'minutes=60')"
    )
    with stub_server(tmp_path / "log", "--latency-s", "60") as judge:
        command = [sys.executable, "-c", program, str(tmp_path / "mail.csv"), judge.spec]
        process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        while not judge.requests():
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        asked = len(judge.requests())
        went_on = run(tmp_path / "mail.csv", judge, "minutes=0.001")
        assert "budget of 0.001 minutes leaves no room" in status_of(went_on)["stopped"]
        assert len(judge.requests()) == asked
        went_on.close()

"""A run killed repeatedly with SIGKILL ends as if it had not been, and pays for no call twice."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Judge, stub_server
from tests.topics import write_topics

ERRATA = str(Path(sys.executable).with_name("errata"))
KILLS = 20


def command(data: Path, judge: Judge, folder: Path) -> list[str]:
    columns = ["--text", "message", "--label", "topic", "--id", "id", "--embedder", "plain"]
    return [ERRATA, "run", str(data), *columns, "--judge", judge.spec, "--run", str(folder), "--json"]


def results(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(subprocess.check_output([ERRATA, "results", str(folder), "--json"]))
    return found


def committed(folder: Path) -> set[str]:
    """The keys of the calls in the store; empty while it is being created."""
    store = folder / "store.sqlite"
    if not store.exists():
        return set()
    connection = sqlite3.connect(store)
    try:
        return {key for (key,) in connection.execute("SELECT key FROM calls")}
    except sqlite3.OperationalError:  # killed before its tables were made
        return set()
    finally:
        connection.close()


def asked(judge: Judge) -> list[str]:
    return [json.loads(line)["key"] for line in judge.requests()]


@pytest.mark.slow
@pytest.mark.parametrize("checkpoints", ["kept", "deleted"])
def test_killed_at_random_moments_ends_in_the_same_proposals(tmp_path: Path, checkpoints: str) -> None:
    # The slow server makes judging most of the run, so that most kills happen during it, with some calls committed and
    # others in flight.
    data = tmp_path / "mail.csv"
    write_topics(data, rows=240, wrong=40)
    rng = random.Random(checkpoints)
    with stub_server(tmp_path / "requests.log", "--spread-s", "1") as judge:
        started = time.monotonic()
        subprocess.run(command(data, judge, tmp_path / "whole.errata"), check=True, capture_output=True)
        whole_s, expected = time.monotonic() - started, results(tmp_path / "whole.errata")
        once = set(asked(judge))
        kills, attempt = 0, 0
        while kills < KILLS // 2:
            attempt += 1
            folder = tmp_path / f"killed-{attempt}.errata"
            while True:
                before, log_before = committed(folder), len(asked(judge))
                process = subprocess.Popen(command(data, judge, folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                try:
                    _, error = process.communicate(timeout=rng.uniform(0.1, 1.1) * whole_s)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    kills += 1
                repeated = set(asked(judge)[log_before:]) & before
                assert not repeated, f"{len(repeated)} calls were paid for twice"
                if process.returncode == 0:
                    break
                assert process.returncode == -9, error.decode()
                if checkpoints == "deleted":
                    for file in folder.glob("checkpoints.sqlite*"):
                        file.unlink()
            assert results(folder) == expected
            assert committed(folder) == once

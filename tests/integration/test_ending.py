"""A run that is ended by a signal: calls in flight are recorded, nothing is paid for twice, the lock is free."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import Judge, stub_server
from tests.integration.test_kill import asked, command, committed
from tests.topics import write_topics

PATIENCE_S = 120.0


def start(data: Path, judge: Judge, folder: Path) -> subprocess.Popen[str]:
    """A run with calls in flight, some of them answered and others not."""
    process = subprocess.Popen(command(data, judge, folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + PATIENCE_S
    while not committed(folder):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.02)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_in_order(tmp_path: Path, number: signal.Signals) -> None:
    data, folder = tmp_path / "mail.csv", tmp_path / "mail.errata"
    write_topics(data, rows=240, wrong=40)
    with stub_server(tmp_path / "requests.log", "--latency-s", "0.2", "--spread-s", "0.5") as judge:
        process = start(data, judge, folder)
        process.send_signal(number)
        _, error = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 128 + number, error
        assert "in flight" in error and "continues from here" in error
        assert "Traceback" not in error
        first = asked(judge)
        assert set(first) == committed(folder), "a call that was sent was not recorded"
        assert f"{len(first)} calls" in error
        again = subprocess.run(command(data, judge, folder), capture_output=True, text=True, check=True)
        assert json.loads(again.stdout)["stopped"] == ""
        assert len(asked(judge)) > len(first)
        assert len(set(asked(judge))) == len(asked(judge)), "a call was paid for twice"


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """Even if the server never answers the calls in flight."""
    data, folder = tmp_path / "mail.csv", tmp_path / "mail.errata"
    write_topics(data, rows=240, wrong=40)
    with stub_server(tmp_path / "requests.log", "--spread-s", "1000") as judge:
        process = subprocess.Popen(command(data, judge, folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not asked(judge):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert b"in flight" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 143


def test_a_signal_before_any_call_ends_it_too(tmp_path: Path) -> None:
    data, folder = tmp_path / "mail.csv", tmp_path / "mail.errata"
    write_topics(data, rows=240, wrong=40)
    with stub_server(tmp_path / "requests.log", "--spread-s", "1000") as judge:
        process = subprocess.Popen(command(data, judge, folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not (folder / "checkpoints.sqlite").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130, error.decode()

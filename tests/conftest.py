"""What many tests need: a judge on a loopback server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.by_hand import OPENED

STUB = Path(__file__).parent / "integration" / "openai_stub.py"


@pytest.fixture(autouse=True)
def state_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """errata's state folder, in the test's own folder; commands that the test starts use it too."""
    home = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    return home


@pytest.fixture(autouse=True)
def no_run_left_open() -> Iterator[None]:
    """Close what a test left open: unclosed connections cause warnings in a later test."""
    yield
    while OPENED:
        OPENED.pop().close()


class Judge(NamedTuple):
    """A stub server: how ``--judge`` names it, and the file that gets a line for every request."""

    spec: str
    log: Path

    def requests(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    with stub_server(tmp_path / "requests.log") as found:
        yield found


class stub_server:  # noqa: N801  a context manager that reads as a function
    def __init__(self, log: Path, *options: str) -> None:
        command = [sys.executable, str(STUB), "--log", str(log), *options]
        self._log = log
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Judge:
        assert self._process.stdout is not None
        return Judge(f"stub@{self._process.stdout.readline().strip()}", self._log)

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

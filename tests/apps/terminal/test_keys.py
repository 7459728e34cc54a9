"""The whole review in a real terminal, driven by real keys; quit, interrupted, and killed."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from errata.agent.run.begin import begin
from errata.agent.run.workspace import open_run
from errata.apps.terminal.keys import read_key
from errata.settings import Settings
from errata.tools.store.run_folder import RunFolder
from errata.types import Proposal

PATIENCE_S = 20.0
REVIEW = """
import fcntl, signal, sys, termios
from pathlib import Path
from rich.console import Console
from errata.agent.actions.permission import permission_of
from errata.agent.actions.session import Session
from errata.agent.run.workspace import open_run
from errata.apps.terminal_review import read_key, review
from errata.tools.store.run_folder import RunFolder

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background inherits that it is ignored
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
review(Session(permission_of("ann")).open(sys.argv[1]), Console(), read_key)
"""


class Terminal:
    """A pseudo-terminal of 80 x 24 running the review."""

    def __init__(self, folder: Path) -> None:
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            [sys.executable, "-c", REVIEW, str(folder)],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        self._shown = ""

    def wait_for(self, text: str) -> None:
        """Wait until ``text`` was printed after the last key."""
        end = time.monotonic() + PATIENCE_S
        while text not in self._shown:
            if not select.select([self._master], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"{text!r} did not come; the screen got {self._shown!r}")
            self._shown += os.read(self._master, 65536).decode(errors="replace")

    def type(self, keys: bytes) -> None:
        """Send keys, even if nothing is reading."""
        os.write(self._master, keys)

    def press(self, keys: bytes, then: str) -> None:
        """Press keys once the review is reading, and wait for their effect."""
        end = time.monotonic() + PATIENCE_S
        while termios.tcgetattr(self._slave)[3] & termios.ICANON:
            assert time.monotonic() < end, "the review does not listen"
            time.sleep(0.005)
        self._shown = ""
        self.type(keys)
        self.wait_for(then)

    @property
    def settings_now(self) -> list[object]:
        return list(termios.tcgetattr(self._slave))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hand-made run of six items: all labeled cat, all proposed dog."""
    data = tmp_path / "d.csv"
    data.write_text("id,text,label\n" + "".join(f"item{i},text {i},{'cat' if i else 'dog'}\n" for i in range(7)))
    workspace = begin(data, Settings(text=("text",), label="label", id="id"))
    open_ones = [Proposal(i, "relabel", "dog", 0.9, i / 10, "because") for i in range(1, 7)]
    workspace.store.set_proposals(workspace.run.run_id, open_ones)
    workspace.close()
    return workspace.folder.path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[[], Terminal]]:
    started: list[Terminal] = []

    def begun() -> Terminal:
        started.append(Terminal(folder))
        return started[-1]

    yield begun
    for terminal in started:
        terminal.close()


def decided(folder: Path) -> dict[str, str | None]:
    workspace = open_run(RunFolder(folder))
    try:
        return {d.item_id: d.label for d in workspace.decisions().values()}
    finally:
        workspace.close()


def test_keys_decide_undo_and_quit_and_the_next_review_continues(folder: Path, start: Callable[[], Terminal]) -> None:
    first = start()
    first.wait_for("item item1   6 left")
    first.press(b"y", "Item item1: cat -> dog")
    first.press(b"\x1b[A", "is no key here")
    first.press(b"yyyy", "is no key here")
    first.press(b"n", "Item item2: kept cat")
    first.press(b"u", "Taken back: item item2, kept cat")
    first.press(b"\r", "Item item2: cat -> dog")
    first.press(b"q", "2 decided here, 2 of them to another label; 4 still open.")
    assert first.process.wait(PATIENCE_S) == 0
    assert first.settings_now == first.before
    assert decided(folder) == {"item1": "dog", "item2": "dog"}
    second = start()
    second.wait_for("item item3   4 left")
    second.press(b"\x03", "0 decided here")
    assert second.process.wait(PATIENCE_S) == 0
    assert second.settings_now == second.before


def test_a_kill_between_decisions_loses_none(folder: Path, start: Callable[[], Terminal]) -> None:
    terminal = start()
    terminal.wait_for("item item1")
    terminal.press(b"y", "item item2")
    terminal.press(b"n", "item item3")
    terminal.process.send_signal(signal.SIGKILL)
    terminal.process.wait()
    assert decided(folder) == {"item1": "dog", "item2": "cat"}
    start().wait_for("item item3   4 left")


def test_keys_typed_before_the_card_is_seen_decide_nothing(folder: Path, start: Callable[[], Terminal]) -> None:
    terminal = start()
    terminal.type(b"y")
    terminal.wait_for("item item1   6 left")
    terminal.press(b"q", "0 decided here")
    assert decided(folder) == {}


def test_a_key_that_sends_several_bytes_is_one_key_even_if_they_arrive_separately(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        for delay_s, sent in ((0.2, b"\x1b"), (0.21, b"Op")):
            threading.Timer(delay_s, os.write, (master, sent)).start()
        assert read_key() == "\x1bOp"
    os.close(master)


def test_without_a_terminal_lines_are_keys_and_the_end_of_the_input_quits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n\n?\r\nlast"))
    assert [read_key() for _ in range(4)] == ["y", "\n", "?", "last"]
    with pytest.raises(EOFError):
        read_key()

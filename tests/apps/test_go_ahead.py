"""In a terminal, `run` asks before a job that costs money, and accepts yes, no and Ctrl-C."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Judge
from tests.topics import write_topics

pty = pytest.importorskip("pty")
PATIENCE_S = 60
COMMAND = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from errata.apps.cli import main; main()"
)


def run_in_terminal(folder: Path, judge: Judge, answer: bytes) -> tuple[int, str]:
    """The exit code, and what the terminal shows, of a run that is given this answer once it asks."""
    write_topics(folder / "mail.csv", rows=60)
    typed = f"run mail.csv --text message --label topic --embedder plain --judge {judge.spec} --usd-per-mtok-in 3"
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-c", COMMAND, *typed.split()])  # noqa: S606
    shown, answered, end = b"", False, time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            shown += os.read(terminal, 1 << 16)
        except OSError:  # how Linux reports that the other end was closed
            break
        if not answered and b"Go on?" in shown:
            os.write(terminal, answer)
            answered = True
    else:
        os.kill(pid, 9)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return code, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).replace("\r", "")


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        (b"y\n", 0, "propose "),
        (b"n\n", 2, "Stopped. Everything finished is kept; limit it with --budget"),
        (b"\n", 2, "Stopped. Everything finished is kept"),
        (b"\x03", 130, "the same command continues from here"),
    ],
    ids=["yes", "no", "nothing", "Ctrl-C"],
)
def test_a_priced_job_is_asked_about(tmp_path: Path, judge: Judge, answer: bytes, code: int, told: str) -> None:
    ended, shown = run_in_terminal(tmp_path, judge, answer)
    assert re.search(r"This takes \d+ calls, about [\d,]+ tokens, .* USD", shown) and told in shown, shown
    assert (ended, bool(judge.requests())) == (code, code == 0)

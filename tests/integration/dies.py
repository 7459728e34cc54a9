"""Run errata so that it can be killed by SIGKILL: at its N-th change to the disk, or whenever its parent decides.

As a program it imports what commands need, once, and forks for every order: a line of JSON with the command, its
working directory, and N (0: only its parent kills it). It answers with the process id, then with how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

CHANGES = frozenset(
    f"os.{name}" for name in ("rename", "remove", "mkdir", "rmdir", "link", "symlink", "truncate", "chmod", "utime")
) | {"sqlite3.connect"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Ended(NamedTuple):
    """``code`` -9: it was killed. ``changes``: how often it was about to change something on disk."""

    code: int
    said: str
    changes: int
    seconds: float


class Mortals:
    """Commands that can be killed; entering starts the program that forks them."""

    def __init__(self, scratch: Path) -> None:
        self._said = scratch / "said.txt"

    def __enter__(self) -> Mortals:
        here = str(Path(__file__).parents[2])
        environment = os.environ | {"PYTHONPATH": os.pathsep.join((here, os.environ.get("PYTHONPATH", "")))}
        command, pipe = [sys.executable, "-m", "tests.integration.dies"], subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, command: Sequence[str], cwd: Path, *, at: int = 0, kill_after_s: float | None = None) -> Ended:
        """Run one command to its end, at its ``at``-th change to the disk or after this many seconds."""
        started = time.monotonic()
        pid = int(self._ask({"command": command, "cwd": str(cwd), "at": at, "said": str(self._said)}))
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            os.kill(pid, signal.SIGKILL)  # it is not waited for yet, so its process id cannot have been reused
        code = int(self._ask({}))
        said, _, changes = self._said.read_text(encoding="utf-8").rpartition("\n")
        return Ended(code, said, int(changes) if changes.isdigit() else 0, time.monotonic() - started)

    def _ask(self, order: Mapping[str, object]) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


def main() -> None:
    import errata.agent.decisions.apply
    import errata.agent.drive
    import errata.agent.evidence.scan
    import errata.agent.run.begin
    import errata.apps.cli.changes  # noqa: F401  loaded once, before the forks

    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(**order)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


def _live(command: list[str], cwd: str, at: int, said: str) -> None:
    from errata.apps.cli import main as errata

    os.chdir(cwd)
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1), os.dup2(out, 2)
    sys.argv, sys.stdin = ["errata", *command], Path(os.devnull).open()  # noqa: SIM115  not the orders
    changes, code = 0, 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal changes
        if event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & WRITING):
            changes += 1
            if changes == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    try:
        errata()
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    os.write(2, f"\n{changes}".encode())
    os._exit(code)


if __name__ == "__main__":
    main()

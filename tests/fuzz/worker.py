"""A process that tries inputs, one after the other, and the handle by which the fuzzer controls it.

As a program it gets a target's name and the folder of its inputs. It reads a line for every input placed there, and
answers with a line of JSON: ``error``, the traceback of a forbidden failure or null, and ``memory_mb``, the peak above
its initial memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fuzz.mutate import Files

LIMIT_S = 10.0
START_S = 120.0
MEMORY_MB = 2_000
SPARE_MB = 4_000
"""A worker gets no more than this beyond its initial memory: a MemoryError is a finding too, a swapping machine is
not."""
INPUTS = 500
"""Tried by one worker before another replaces it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A forbidden failure. ``kind`` is the same for inputs that fail in the same way."""

    kind: str
    text: str


class Worker:
    """A worker for one target, whose inputs are in ``folder``; replaced whenever it has ended."""

    def __init__(self, target: str, folder: Path) -> None:
        self._target, self._folder = target, folder
        self._process: subprocess.Popen[str] | None = None
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115  closed with the worker
        self._tried = 0

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._errors.close()

    def finding(self, base: Files, files: Files, known: Collection[str] = ()) -> Finding | None:
        """None if the input was read, or refused properly. What seems to hang is tried a second time, unless such a
        hang is ``known``."""
        found = self._try(base, files)
        if found is None or not found.kind.startswith("hang") or found.kind in known:
            return found
        return self._try(base, files)

    def _try(self, base: Files, files: Files) -> Finding | None:
        lay(self._folder, {**base, **files})
        process = self._running()
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        answer = self._answer(process, LIMIT_S)
        if answer is None:
            return self._dead(process)
        if answer["error"] is not None:
            return Finding(kind_of(answer["error"]), answer["error"])
        if answer["memory_mb"] > MEMORY_MB:
            return Finding("memory", f"{answer['memory_mb']:.0f} MB")
        return None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._tried >= INPUTS:
            self._end()
            self._tried = 0
            command = [sys.executable, "-m", "tests.fuzz.worker", self._target, str(self._folder)]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._errors, text=True)
            if self._answer(self._process, START_S) is None:
                raise RuntimeError(self._dead(self._process).text)
        self._tried += 1
        return self._process

    def _answer(self, process: subprocess.Popen[str], limit_s: float) -> dict[str, Any] | None:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], limit_s)
        line = process.stdout.readline() if ready else ""
        return json.loads(line) if line else None

    def _dead(self, process: subprocess.Popen[str]) -> Finding:
        """Why there was no answer: the signal that killed it, or a hang."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)  # a pipe closes slightly before its process ends
        hangs = process.poll() is None
        if hangs:
            process.send_signal(signal.SIGABRT)  # faulthandler then prints where it hung
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        self._end()
        self._errors.seek(0)
        text = self._errors.read()[-8_000:]
        name = "hang" if hangs else f"signal {-process.returncode}" if process.returncode < 0 else "exit"
        where = re.search(r'File ".*/(errata/[^"]+)", line (\d+)', text)
        self._errors.seek(0)
        self._errors.truncate()
        return Finding(f"{name} at {where[1]}" if where else name, text or name)

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._process = None


def kind_of(error: str) -> str:
    """The exception and the innermost function of errata in its traceback, without the line number, which changes; if
    the command reported a bug, the place that it named."""
    if told := re.search(r"bug of errata \(([^:)]+)", error):
        return f"bug at {told[1]}"
    places = re.findall(r'File "[^"]*/(errata/[^"]+)", line \d+, in (\S+)', error)
    name = next((line for line in reversed(error.splitlines()) if re.match(r"[\w.]+(:|$)", line)), "error").split(":")[
        0
    ]
    return f"{name} in {' '.join(places[-1])}" if places else name


def lay(folder: Path, files: Files) -> None:
    """Make these the only files in ``folder``. Names outside it, or that the disk does not accept, are skipped."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in files.items():
        path = folder / name
        if ".." in path.parts or not path.is_relative_to(folder):
            continue
        with contextlib.suppress(OSError, ValueError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def main(name: str, folder: Path) -> None:
    import faulthandler
    import resource

    faulthandler.enable()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # so that a library's prints are not read as answers
    from errata.errors import ErrataError
    from tests.fuzz.targets import TARGETS

    check = TARGETS[name].check
    began_mb, size_mb = _memory_mb("VmRSS"), _memory_mb("VmSize")
    resource.setrlimit(resource.RLIMIT_AS, (int(size_mb + SPARE_MB) << 20, resource.RLIM_INFINITY))
    answers.write("{}\n")
    answers.flush()
    for _ in sys.stdin:
        Path("/proc/self/clear_refs").write_text("5")  # reset the peak
        error = None
        try:
            check(folder)
        except ErrataError:
            pass
        except OSError as raised:
            error = None if raised.errno is not None else traceback.format_exc()
        except BaseException:
            error = traceback.format_exc()
        answers.write(json.dumps({"error": error, "memory_mb": _memory_mb("VmHWM") - began_mb}) + "\n")
        answers.flush()


def _memory_mb(name: str) -> float:
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

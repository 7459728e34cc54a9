"""A vLLM server of our own for the time of a ``with`` block, on a CPU if there is no GPU.

    with VllmServer(folder) as server:
        open_model(server.spec)

vLLM lives in an environment of its own (``make .venv-vllm/errata``): its pins are not errata's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

PYTHON_VARIABLE = "ERRATA_VLLM_PYTHON"
READY_S = 900.0
"""A first start on two busy cores has taken five minutes."""

STOP_S = 30.0
LOG_LINES = 60
FLAGS = (
    *("--dtype", "float32", "--max-num-seqs", "32", "--enforce-eager", "--distributed-executor-backend", "uni"),
    *("--enable-prefix-caching", "--seed", "0"),
    *("--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}'),
)
"""Quick to start and exact; whatever is given after them wins."""


def vllm_python() -> Path:
    """The interpreter that has vLLM: ERRATA_VLLM_PYTHON, else .venv-vllm here. FileNotFoundError if there is none."""
    python = Path(os.environ.get(PYTHON_VARIABLE) or ".venv-vllm/bin/python").absolute()
    if not python.exists():
        raise FileNotFoundError(f"{python} does not exist: run `make .venv-vllm/errata` or set {PYTHON_VARIABLE}")
    return python


def vllm_environment(python: Path) -> dict[str, str]:
    """This process's environment, with what vLLM needs to run offline, silently and on one thread per process."""
    settings = {
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": "1",
    }
    openmp = python.parent.parent / "lib" / "libiomp5.so"
    preload = {"LD_PRELOAD": str(openmp)} if openmp.exists() else {}
    return settings | preload | dict(os.environ)


class VllmServer:
    """vLLM's OpenAI-compatible server for the model in ``folder``, with ``flags`` of ``vllm serve``.

    ``port`` 0 takes a free one; ``python`` is the interpreter that has vLLM. RuntimeError, with the end of the log,
    where the server does not start.
    """

    def __init__(self, folder: Path | str, *flags: str, port: int = 0, python: Path | None = None) -> None:
        self.folder, self.port = Path(folder).absolute(), port or _free_port()
        self.model = self.folder.name
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.spec = f"{self.model}@{self.url}"
        self.log = Path(tempfile.mkdtemp(prefix="errata-vllm-")) / "server.log"
        self._flags, self._python = flags, python or vllm_python()
        self._process: subprocess.Popen[bytes] | None = None
        self.ready_s = 0.0

    def __enter__(self) -> Self:
        started = time.monotonic()
        self._start()
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self.ready_s = time.monotonic() - started
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(self.log_end())
        self.stop()

    def stop(self) -> None:
        """End the server and every process that it started."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
        self.kill()

    def kill(self) -> None:
        """SIGKILL for the whole process group, as if the machine had lost power."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def log_end(self) -> str:
        """The last lines that the server wrote."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"The end of {self.log}:", *lines[-LOG_LINES:]])

    def _start(self) -> None:
        command = [str(self._python), "-m", "vllm.entrypoints.openai.api_server", "--model", str(self.folder)]
        address = ["--host", "127.0.0.1", "--port", str(self.port), "--served-model-name", self.model]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *address, *FLAGS, *self._flags],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.log.parent,  # errata's own folder would put its links, named like packages, on the path
                env=vllm_environment(self._python),
                start_new_session=True,
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while not self._answers():
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"vLLM did not start for {self.folder}.\n{self.log_end()}")
            time.sleep(0.5)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url.removesuffix("/v1") + "/health", timeout=5) as response:  # noqa: S310  our own server
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

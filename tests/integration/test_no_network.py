"""The demo needs no network: it runs in a network namespace that has none, not even loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ERRATA = str(Path(sys.executable).with_name("errata"))
ISOLATED = ["unshare", "--net", "--map-root-user"]


def can_isolate() -> bool:
    return (
        shutil.which("unshare") is not None and subprocess.run([*ISOLATED, "true"], capture_output=True).returncode == 0
    )


@pytest.mark.slow
@pytest.mark.skipif(not can_isolate(), reason="this system does not let a user make network namespaces")
def test_the_demo_runs_without_a_network(tmp_path: Path) -> None:
    done = subprocess.run(
        [*ISOLATED, ERRATA, "demo", str(tmp_path / "demo"), "--json"], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["reverted_identical"] and found["recall"] > 0.5 and found["calls"] > 0


@pytest.mark.skipif(not can_isolate(), reason="this system does not let a user make network namespaces")
def test_the_namespace_has_no_network() -> None:
    reach = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=2)"
    done = subprocess.run([*ISOLATED, sys.executable, "-c", reach], capture_output=True, text=True)
    assert "unreachable" in done.stderr.lower()

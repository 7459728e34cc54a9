"""Whole runs with a real server: it may be killed during the run, and is not needed to look at the run later."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from errata.demo.digits import write_digits
from evals.servers.vllm_server import VllmServer
from tests.integration.test_kill import committed, results

ERRATA = str(Path(sys.executable).with_name("errata"))
ROWS = 500
COMMITTED = 20
"""The server is killed once this many calls are in the store; a whole run makes several hundred."""

TIMES = ("started_at", "written_at")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = write_digits(tmp_path_factory.mktemp("digits"), seed=0)
    lines = data.read_text(encoding="utf-8").splitlines(keepends=True)
    data.write_text("".join(lines[: ROWS + 1]), encoding="utf-8")
    return data


def command(data: Path, judge: str, folder: Path) -> list[str]:
    columns = ["--image", "image", "--label", "label", "--id", "id", "--permutations", "4"]
    return [ERRATA, "run", str(data), *columns, "--judge", judge, "--run", str(folder), "--json"]


def run(data: Path, judge: str, folder: Path) -> None:
    done = subprocess.run(command(data, judge, folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return {**found, "source": {name: value for name, value in found["source"].items() if name not in TIMES}}


def answered(server: VllmServer) -> int:
    """How many requests this server has answered since it was started."""
    with urllib.request.urlopen(server.url.removesuffix("/v1") + "/metrics") as response:  # noqa: S310  our own server
        lines = response.read().decode().splitlines()
    return round(sum(float(line.split()[-1]) for line in lines if line.startswith("vllm:request_success_total{")))


def test_a_recorded_run_is_replayed_without_a_model(image_server: VllmServer, digits: Path, tmp_path: Path) -> None:
    recorded, replayed = tmp_path / "recorded.errata", tmp_path / "replayed.errata"
    run(digits, image_server.spec, recorded)
    asked = answered(image_server)
    run(digits, f"replay:{recorded}", replayed)
    assert answered(image_server) == asked
    assert results(replayed) == results(recorded)
    assert report(replayed) == report(recorded)
    assert committed(replayed) == committed(recorded)


def test_a_server_killed_in_the_middle_costs_nothing_twice(
    image_server: VllmServer, tiny_judge: Path, digits: Path, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole.errata", tmp_path / "broken.errata"
    run(digits, image_server.spec, whole)
    with VllmServer(tiny_judge) as server:
        errata = subprocess.Popen(
            command(digits, server.spec, broken), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while len(committed(broken)) < COMMITTED and errata.poll() is None:
            time.sleep(0.01)
        server.kill()
        _, said = errata.communicate()
    paid = committed(broken)
    assert COMMITTED <= len(paid) < len(committed(whole)), f"killed too early or too late: {said}"
    assert errata.returncode != 0
    assert "again" in said or "server" in said
    with VllmServer(tiny_judge, port=server.port) as server:
        run(digits, server.spec, broken)
        assert answered(server) == len(committed(broken)) - len(paid)
    assert committed(broken) == committed(whole)
    assert proposals(broken) == proposals(whole)


def proposals(folder: Path) -> list[tuple[Any, ...]]:
    """The proposals, rounded, since a server under different load gives the same answers only to five decimals."""
    return [(row["item_id"], row["outcome"], row["proposed_label"]) for row in results(folder)]

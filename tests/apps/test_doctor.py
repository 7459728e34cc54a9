"""errata doctor on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import Judge, stub_server

ERRATA = str(Path(sys.executable).with_name("errata"))


def doctor(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ERRATA, "doctor", *args], capture_output=True, text=True, timeout=120)


def url_of(judge: Judge) -> str:
    return judge.spec.partition("@")[2]


def test_a_usable_judge_is_exit_code_0_with_the_line_to_type(judge: Judge) -> None:
    done = doctor(url_of(judge))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"  errata run DATA --text COL --label COL --judge {judge.spec}\n" in done.stdout


def test_json_is_the_same_report(judge: Judge) -> None:
    done = doctor(judge.spec, "--json")
    (server,) = json.loads(done.stdout)["servers"]
    assert (server["url"], server["model"], server["usable"]) == (url_of(judge), "stub", True)
    assert {finding["result"] for finding in server["findings"]} <= {"ok", "no", "unknown"}


def test_a_model_that_cannot_be_read_is_exit_code_2(tmp_path: Path) -> None:
    with stub_server(tmp_path / "log", "--says", "Sure!") as judge:
        done = doctor(url_of(judge))
    assert done.returncode == 2
    assert "cannot be a judge" in done.stdout


def test_an_address_where_nothing_answers_or_that_is_not_private_is_exit_code_2() -> None:
    for address, words in (
        ("http://127.0.0.1:9/v1", "Nothing answers at"),
        ("http://8.8.8.8/v1", "--allow-host 8.8.8.8"),
    ):
        done = doctor(address)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr

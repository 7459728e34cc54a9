"""How commands end: the exit codes of docs/reference/exit-codes.md, on every console, and never with a traceback."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from errata.agent.decisions.by_rule import decide_where
from errata.agent.decisions.times import parse_time as typed
from errata.apps.cli import exits
from errata.apps.cli.graceful_shutdown import EndedBySignal
from errata.errors import BudgetExceeded, DataError, ModelError, StoreError
from tests.by_hand import make_run, somebody
from tests.conftest import Judge
from tests.topics import write_topics

ERRATA = str(Path(sys.executable).with_name("errata"))
COLUMNS = ["--text", "message", "--label", "topic", "--id", "id", "--embedder", "plain"]


SEVERAL = """
import json, sys
from errata.apps.cli import main

for command in json.loads(sys.argv[1]):
    sys.argv = ["errata", *command]
    try:
        main()
    except SystemExit as end:
        print("EXIT", command[0], end.code, flush=True)
"""
SPACE = "\u0641\u0636\u0627\u0621"


def errata(*args: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ERRATA, *map(str, args)], capture_output=True, text=True, env=os.environ | environment, timeout=120
    )


def several(commands: list[list[str]], folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Runs commands one after the other in one process, with the exit of each; stdin is empty."""
    return subprocess.run(
        [sys.executable, "-c", SEVERAL, json.dumps(commands)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        env=os.environ | environment,
    )


@pytest.fixture
def decided(tmp_path: Path) -> Path:
    """The data of a run with a decision."""
    workspace = make_run(tmp_path)
    decide_where(workspace, somebody(workspace), True, "item_id == 'a'")
    workspace.close()
    return tmp_path / "d.csv"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_no_command_fails_on_a_console_that_cannot_show_the_data(tmp_path: Path, encoding: str) -> None:
    data = tmp_path / "d.csv"
    write_topics(data, rows=60, wrong=3)
    data.write_text(data.read_text().replace("food", SPACE), encoding="utf-8")
    commands = [
        ["scan", "d.csv", *COLUMNS],
        ["decide", "--accept", "--where", "item_id == 'm0'"],
        *(["status"], ["results"], ["diff"], ["show", "m0"], ["blame", "m0"], ["log"], ["apply"], ["undo"], ["report"]),
        *(["revert"], ["--help"], ["--version"], ["review", "--terminal"], ["status", "no \u732b"]),
    ]
    done = several(commands, tmp_path, PYTHONIOENCODING=encoding, PYTHONUTF8="0", LC_ALL="C", COLUMNS="200")
    out, error = done.stdout.decode(encoding), done.stderr.decode(encoding)
    assert "Traceback" not in error and "bug" not in error, error
    ends = re.findall("^EXIT .*$", out, re.M)
    codes = [0] * (len(commands) - 2) + [2, 2]
    assert ends == [f"EXIT {command[0]} {code}" for command, code in zip(commands, codes, strict=True)], error
    assert "####" in out.split("EXIT")[0] and "\\u0621 -> animals" in out


@pytest.mark.parametrize("command", [["log"], ["log", "--json"], ["results", "--json"], ["--help"]])
def test_a_reader_that_goes_away_is_no_error(decided: Path, command: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([ERRATA, *command], stdout=write, stderr=subprocess.PIPE, cwd=decided.parent, timeout=120)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_the_version_is_the_package_s() -> None:
    done = errata("--version")
    assert (done.returncode, done.stdout) == (0, f"errata {version('errata-labels')}\n")


def test_a_budget_that_is_spent_is_exit_code_3_with_what_was_found(tmp_path: Path, judge: Judge) -> None:
    data = tmp_path / "mail.csv"
    write_topics(data)
    spent = errata("run", data, *COLUMNS, "--judge", judge.spec, "--budget", "calls=2", "--json")
    assert spent.returncode == 3 and "errata: Stopped early: " in spent.stderr and "--budget" in spent.stderr
    assert "budget" in json.loads(spent.stdout)["stopped"]


def test_wrong_usage_is_exit_code_2(tmp_path: Path) -> None:
    commands = [["nonsense"], ["status", "--nonsense"], ["show"], ["undo", "--event", "x"], ["undo", "--since", "x"]]
    done = several(commands, tmp_path)
    assert done.stdout.decode().splitlines() == [f"EXIT {command[0]} 2" for command in commands]
    assert b"Traceback" not in done.stderr


def test_a_review_without_a_terminal_and_without_keys_names_the_option_that_answers(decided: Path) -> None:
    done = subprocess.run(
        [ERRATA, "review", "--terminal", decided], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2 and "errata decide --accept --where" in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (DataError("no rows"), 2, "no rows"),
        (StoreError("damaged"), 2, "damaged"),
        (ModelError("gone"), 3, "gone"),
        (BudgetExceeded("spent"), 3, "spent"),
        (EndedBySignal("by you", 15), 143, "by you"),
        (PermissionError(errno.EACCES, "Permission denied", "mail.errata"), 2, "--run DIR"),
        (OSError(errno.EROFS, "Read-only file system", "in/mail.errata/token"), 2, "--run DIR"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "No space left on device"),
        (MemoryError(), 2, "memory"),
        (UnicodeEncodeError("utf-8", "gr\udcc3\x1b.csv", 2, 3, "surrogates not allowed"), 2, "PYTHONUTF8=1"),
        (RecursionError("too deep"), 1, "RecursionError: too deep. This is a bug of errata"),
        (KeyError("x" * 10_000), 1, "ERRATA_DEBUG=1"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_is_one_line_and_its_code(
    error: Exception, code: int, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ERRATA_DEBUG", raising=False)

    def fails() -> None:
        raise error

    assert exits.exit_code_of(fails) == code
    said = capsys.readouterr().err
    assert said.startswith("errata: ") and said.count("\n") == 1 and words in said and len(said) < 1500
    assert "\x1b" not in said


def test_a_bug_names_its_place_and_shows_its_traceback_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERRATA_DEBUG", "1")
    assert exits.exit_code_of(lambda: typed(None)) == 1  # type: ignore[arg-type]  # a bug is wanted here
    said = capsys.readouterr().err
    assert "Traceback" in said and "AttributeError" in said and "(agent/decisions/times.py:" in said


def test_the_table_of_the_docs_has_every_code() -> None:
    told = {
        int(code) for code in re.findall(r"^\| (\d+) \|", Path("docs/reference/exit-codes.md").read_text("utf-8"), re.M)
    }
    assert told == {0, exits.BUG, exits.WRONG, exits.STOPPED_EARLY, exits.INTERRUPTED, exits.READER_GONE, 143}

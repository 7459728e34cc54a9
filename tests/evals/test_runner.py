"""``python -m evals NAME`` runs one suite, or writes one page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from evals.__main__ import commands, main

COMMANDS = commands()


def test_without_a_name_every_command_is_listed_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert all(len(line.split()) > 3 for line in lines)


def test_every_suite_is_a_command() -> None:
    files = {path.stem for path in Path("evals/suites").glob("*.py")} - {"__init__"}
    assert files | {"methods", "picture", "results", "tutorial"} == COMMANDS.keys()


def test_a_name_that_no_command_has_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detectoin"]) == 2
    refused = capsys.readouterr().err
    assert "'detectoin'" in refused and "detection" in refused


def test_the_rest_of_the_line_are_the_commands_own_options() -> None:
    done = subprocess.run([sys.executable, "-m", "evals", "demo", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: python -m evals demo [-h] [--half")


def test_every_command_that_is_named_exists() -> None:
    """In code and docs alike, except where a result names the command that made it at the time."""
    files = [path for folder in ("src", "evals", "docs", "tests") for path in Path(folder).rglob("*.py")]
    files += Path("docs").rglob("*.md")
    named = set()
    for path in files:
        named |= set(re.findall(r"python -m\s+evals ([a-z]\w*)", path.read_text(encoding="utf-8")))
    assert len(named) > 20 and named <= COMMANDS.keys()

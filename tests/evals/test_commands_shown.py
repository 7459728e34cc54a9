"""Every command that the README and the docs show is one that errata understands: each is run."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import pytest

from tests.command import errata
from tests.conftest import Judge
from tests.topics import write_topics

PAGES = (Path("README.md"), *sorted(Path("docs").rglob("*.md")))
SHOWN = re.compile(r"^(?:    |\$ )errata ((?:.*\\\n)*.*)$", re.M)
NOT_HERE = ("vllm:FOLDER", "--judge FOLDER")
"""Judges that run in this process: tests/servers runs them."""
COLUMNS = {
    "source": "web",
    "year": "2021",
    "subject": "s",
    "body": "b",
    "sender": "x",
    "priority": "low",
    "tags": "a|b",
}
"""Columns that the docs name, besides those of the made data."""
MISTYPED = ("No such option", "No such command", "Usage:", "Traceback")


def shown() -> list[str]:
    """The commands, without the words that explain them."""
    lines = [line for page in PAGES for line in SHOWN.findall(page.read_text(encoding="utf-8"))]
    joined = [re.sub(r"\\\n\s*", "", line) for line in lines]
    bare = dict.fromkeys(re.split(r"\s{2,}", line)[0] for line in joined)
    each = [one.strip() for line in bare for one in line.split(" · ")]
    return [command for command in each if not any(word in command for word in NOT_HERE)]


def typed(command: str, judge: Judge) -> list[str]:
    """The command with something in place of each word in capitals."""
    url = judge.spec.partition("@")[2]
    run = f"tickets.csv --text message --label topic --id id --judge {judge.spec} --yes"
    for word, instead in (
        ("run ... ", f"run {run} "),
        ("DATA ...", "DATA --text COL --label COL"),
        ("errata-demo/digits.csv", "tickets.csv"),
        ("DATA", "tickets.csv"),
        ("--text COL", "--text message"),
        ("--label COL", "--label topic"),
        ("--label intent", "--label topic"),
        ("MODEL@http://localhost:8000/v1", judge.spec),
        ("MODEL@URL", judge.spec),
        ("http://HOST:8000/v1", url),
        ("[URL]", url),
        ("FILE.csv", "with.csv"),
        ("FILE", "out.csv"),
        ("ITEM", "m0"),
    ):
        command = command.replace(word, instead)
    return shlex.split(command)


@pytest.mark.slow
def test_errata_understands_every_command_that_is_shown(tmp_path: Path, judge: Judge) -> None:
    write_topics(tmp_path / "mail.csv", rows=60, wrong=6)
    with (tmp_path / "mail.csv").open(encoding="utf-8", newline="") as file:
        votes = ("ann", "bob", "cy")
        rows = [row | COLUMNS | {"tags": "a|b"} | dict.fromkeys(votes, row["topic"]) for row in csv.DictReader(file)]
    with (tmp_path / "tickets.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    errata("scan", "tickets.csv", "--text", "message", "--label", "topic", "--id", "id", cwd=tmp_path)
    commands = shown()
    assert len(commands) > 30
    for command in commands:
        done = errata(*typed(command, judge), cwd=tmp_path)
        assert done.code in (0, 2, 3) and not any(word in done.words for word in MISTYPED), (command, done)

"""Stored judges on the command line: shown and confirmed at a terminal, otherwise refused with the command to type."""

from __future__ import annotations

import os
import pty
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Judge
from tests.topics import write_topics

pytestmark = pytest.mark.slow
ERRATA = str(Path(sys.executable).with_name("errata"))
COLUMNS = ["--text", "message", "--label", "topic", "--id", "id", "--embedder", "plain"]


def errata(*args: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ERRATA, *args], cwd=cwd, env=os.environ | environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def refused(*args: str, cwd: Path, **environment: str) -> list[str]:
    """The command that the error message says to type."""
    done = errata(*args, cwd=cwd, **environment)
    assert done.returncode == 2 and "never typed on this machine" in done.stderr, done.stderr
    return shlex.split(done.stderr.partition("If you mean it: ")[2])[1:]


def at_a_terminal(answer: bytes, *args: str, cwd: Path) -> tuple[int, str]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen([ERRATA, *args], cwd=cwd, stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    os.write(ours, answer)
    said = b""
    try:
        while part := os.read(ours, 4096):
            said += part
    except OSError:  # how Linux reports that the other end was closed
        pass
    os.close(ours)
    return process.wait(), said.decode()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a project"
    folder.mkdir()
    write_topics(folder / "mail.csv", rows=60)
    return folder


def test_a_judge_that_came_with_the_data_is_sent_nothing_until_it_is_typed_here(project: Path, judge: Judge) -> None:
    (project / "errata.toml").write_text(f'judge = ["{judge.spec}"]\nallow_host = ["h.example"]\nusd_per_mtok_in = 2\n')
    key = {"ERRATA_API_KEY": "secret-of-the-user"}
    command = refused("run", "mail.csv", *COLUMNS, cwd=project, **key)
    assert judge.requests() == [] and not (project / "mail.errata").exists()
    assert errata(*command, "--yes", cwd=project, **key).returncode == 0
    asked = len(judge.requests())
    assert asked > 0
    (project / "errata.toml").unlink()
    assert errata("run", "mail.csv", "--yes", cwd=project).returncode == 0, "typed once, it is remembered"
    shutil.copytree(project, copy := project.with_name("copy"))
    refused("run", "mail.csv", cwd=copy, **key)
    assert len(judge.requests()) == asked


def test_at_a_terminal_the_stored_judge_is_shown_and_only_a_yes_starts_it(project: Path, judge: Judge) -> None:
    (project / "errata.toml").write_text(f'judge = ["{judge.spec}"]\n')
    code, said = at_a_terminal(b"n\n", "run", "mail.csv", *COLUMNS, cwd=project)
    assert code == 2 and judge.spec in said and judge.requests() == []
    code, _ = at_a_terminal(b"y\n", "run", "mail.csv", *COLUMNS, cwd=project)
    assert code == 0 and judge.requests() != []


def test_a_guideline_elsewhere_is_not_read_by_a_scan_either(project: Path) -> None:
    secret = project.with_name("secret.md")
    secret.write_text("my secret")
    (project / "errata.toml").write_text('guideline = "../secret.md"\njudge = ["demo"]\n')
    command = refused("scan", "mail.csv", *COLUMNS, cwd=project)
    assert command[1:3] == ["--guideline", "../secret.md"] and not (project / "mail.errata").exists()


def test_the_doctor_takes_no_allowed_host_from_an_errata_toml(project: Path) -> None:
    (project / "errata.toml").write_text('allow_host = ["8.8.8.8"]\n')
    done = errata("doctor", "http://8.8.8.8/v1", cwd=project)
    assert done.returncode == 2 and "--allow-host 8.8.8.8" in done.stderr


def test_a_key_in_an_address_is_repeated_on_no_screen_and_in_no_file(project: Path) -> None:
    typed = ["--judge", "stub@http://user:hunter2secret@127.0.0.1:9/v1"]
    for command in (["run", "mail.csv", *COLUMNS, *typed], ["doctor", "u:hunter2secret@127.0.0.1:9"]):
        done = errata(*command, cwd=project)
        assert done.returncode == 2 and "hunter2secret" not in done.stdout + done.stderr
    assert [file.name for file in project.rglob("*")] == ["mail.csv"], "nothing was written"

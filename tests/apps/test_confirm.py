"""Stored judges on the command line: shown and asked at a terminal, refused with the command to type elsewhere."""

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
    """The command that the refusal says to type."""
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
    except OSError:  # how Linux says that the other end was closed
        pass
    os.close(ours)
    return process.wait(), said.decode()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a project"
    folder.mkdir()
    write_topics(folder / "mail.csv", rows=60)
    return folder


def test_an_errata_toml_that_came_with_the_data_sends_nothing_until_its_judge_is_typed(
    project: Path, judge: Judge
) -> None:
    (project / "errata.toml").write_text(f'judge = ["{judge.spec}"]\nallow_host = ["h.example"]\nusd_per_mtok_in = 2\n')
    key = {"ERRATA_API_KEY": "secret-of-the-user"}
    command = refused("run", "mail.csv", *COLUMNS, cwd=project, **key)
    assert judge.requests() == [] and not (project / "mail.errata").exists()
    assert errata(*command, cwd=project, **key).returncode == 0
    asked = len(judge.requests())
    assert asked > 0
    assert errata("run", "mail.csv", *COLUMNS, cwd=project).returncode == 0, "typed once, it is remembered"


def test_a_judged_run_that_came_with_the_data_is_asked_about_elsewhere(project: Path, judge: Judge) -> None:
    typed = errata("run", "mail.csv", *COLUMNS, "--judge", judge.spec, cwd=project)
    assert typed.returncode == 0, typed.stderr
    assert errata("run", "mail.csv", cwd=project).returncode == 0
    asked = len(judge.requests())
    shutil.copytree(project, project.with_name("copy"))
    command = refused("run", "mail.csv", cwd=project.with_name("copy"))
    assert judge.requests()[asked:] == []
    assert errata(*command, cwd=project.with_name("copy")).returncode == 0


def test_at_a_terminal_the_stored_judge_is_shown_and_only_a_yes_starts_it(project: Path, judge: Judge) -> None:
    (project / "errata.toml").write_text(f'judge = ["{judge.spec}"]\n')
    code, said = at_a_terminal(b"n\n", "run", "mail.csv", *COLUMNS, cwd=project)
    assert code == 2 and judge.spec in said and judge.requests() == []
    code, _ = at_a_terminal(b"y\n", "run", "mail.csv", *COLUMNS, cwd=project)
    assert code == 0 and judge.requests() != []
    assert errata("run", "mail.csv", *COLUMNS, cwd=project).returncode == 0, "a yes is remembered"


def test_a_guideline_elsewhere_is_not_read_by_a_scan_either(project: Path) -> None:
    secret = project.with_name("secret.md")
    secret.write_text("my secret")
    (project / "errata.toml").write_text('guideline = "../secret.md"\njudge = ["demo"]\n')
    command = refused("scan", "mail.csv", *COLUMNS, cwd=project)
    assert command[1:3] == ["--guideline", "../secret.md"]
    assert errata(*command, cwd=project).returncode == 0


def test_the_doctor_takes_no_allowed_host_from_an_errata_toml(project: Path) -> None:
    (project / "errata.toml").write_text('allow_host = ["8.8.8.8"]\n')
    done = errata("doctor", "http://8.8.8.8/v1", cwd=project)
    assert done.returncode == 2 and "--allow-host 8.8.8.8" in done.stderr


@pytest.mark.parametrize(
    ("how", "spec"),
    [
        ("typed", "stub@http://user:hunter2secret@127.0.0.1:9/v1"),
        ("typed", "stub@HTTP://127.0.0.1:9/v1?api_key=hunter2secret"),
        ("typed", "replay:http://127.0.0.1:9/v1?key=hunter2secret"),
        ("typed", "stub@user:hunter2secret@127.0.0.1:9/v1"),
        ("environment", "stub@http://127.0.0.1:9/v1?key=hunter2secret"),
        ("errata.toml", "stub@http://127.0.0.1:9/v1#hunter2secret"),
        ("not a list", "stub@http://user:hunter2secret@127.0.0.1:9/v1"),
    ],
)
def test_a_key_in_an_address_is_refused_and_found_in_no_file(project: Path, how: str, spec: str) -> None:
    args, environment = [], {}
    if how == "typed":
        args = ["--judge", spec]
    elif how == "environment":
        environment = {"ERRATA_JUDGE": f'["{spec}"]'}
    else:
        (project / "errata.toml").write_text(f'judge = ["{spec}"]' if how == "errata.toml" else f'judge = "{spec}"')
    done = errata("run", "mail.csv", *COLUMNS, *args, cwd=project, **environment)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert "hunter2secret" not in done.stdout + done.stderr
    (project / "errata.toml").unlink(missing_ok=True)
    assert [file.name for file in project.rglob("*")] == ["mail.csv"], "nothing was written"


@pytest.mark.parametrize(
    "url", ["http://u:hunter2secret@127.0.0.1:9", "ftp://u:hunter2secret@h", "http://h?hunter2secret"]
)
def test_the_doctor_repeats_no_key_of_an_address(project: Path, url: str) -> None:
    done = errata("doctor", url, cwd=project)
    assert done.returncode == 2 and "hunter2secret" not in done.stdout + done.stderr

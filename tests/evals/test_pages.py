"""The README and the docs show only what commands printed and results hold, and every link leads somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from evals.pages.results import PAGES, filled, without_age
from tests.conftest import Judge
from tests.topics import write_topics

README = Path("README.md").read_text(encoding="utf-8")
MOST_LINES = 130


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_its_tables_are_those_of_the_result_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert filled(text) == without_age(text)


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("page", ["README.md", *map(str, sorted(Path("docs").rglob("*.md")))])
def test_every_command_it_names_exists(page: str) -> None:
    from errata.apps.cli import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    lines = re.findall(r"^(?:    |\$ )(.*)$", Path(page).read_text(encoding="utf-8"), re.M)
    named = set(re.findall(r"\berrata ([a-z]+)\b(?! is| has| proposes| a)", "\n".join(lines)))
    assert named <= known
    assert named or page != "README.md"


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert Path(target).exists(), target


def test_the_python_of_the_readme_runs(tmp_path: Path, judge: Judge) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S)
    write_topics(tmp_path / "tickets.csv", rows=120, wrong=8)
    code = re.sub(r'run\.judge\(".*?"\)', f'run.judge("{judge.spec}")', code)
    program = [sys.executable, "-c", code.replace('label="intent"', 'label="topic"')]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tickets.relabeled.csv").exists()


@pytest.mark.slow
def test_the_tutorial_shows_what_its_commands_print() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evals", "tutorial", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

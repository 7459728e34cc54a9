"""The README shows only what a command printed."""

from __future__ import annotations

import re
from pathlib import Path

from evals.pages.readme import filled

README = Path("README.md").read_text(encoding="utf-8")


def test_its_tables_are_those_of_the_result_files() -> None:
    assert filled(README) == README


def test_every_command_it_names_exists() -> None:
    from errata.apps.cli import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    named = set(
        re.findall(r"\berrata ([a-z]+)\b(?! is| has| proposes| a)", "\n".join(re.findall(r"^    .*$", README, re.M)))
    )
    assert named and named <= known


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert Path(target).exists(), target

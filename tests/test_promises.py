"""The promises at the top of the README, each with the situations that once broke it (tests/promises)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.conftest import Judge
from tests.promises import overwritten, tomorrow, undone, without_yes
from tests.promises.project import Project

Case = Callable[[Project], None]


def cases(found: Sequence[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", found, ids=[case.__name__ for case in found])


@pytest.fixture
def project(tmp_path: Path, judge: Judge) -> Project:
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project", judge)


@cases(overwritten.CASES)
def test_your_file_is_never_overwritten_unless_you_say_so(case: Case, project: Project) -> None:
    case(project)


@cases(undone.CASES)
def test_everything_can_be_undone(case: Case, project: Project) -> None:
    case(project)


@cases(without_yes.CASES)
def test_nothing_changes_without_your_yes(case: Case, project: Project) -> None:
    case(project)


@cases(tomorrow.CASES)
def test_tomorrows_data_costs_what_changed(case: Case, project: Project) -> None:
    case(project)


def test_the_readme_promises_what_is_tested() -> None:
    readme = " ".join((Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8").split())
    assert "Nothing changes without your yes." in readme
    assert "Your file is never overwritten unless you say so, and everything can be undone." in readme
    assert "When the data changes, only what changed is asked about again." in readme

"""errata in a typed Python program: mypy checks this file too, and the type of each step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, assert_type

import pytest

import errata
from errata.agent.actions.changing import Applied, Reverted
from errata.agent.actions.deciding import DecidedMany
from errata.agent.actions.history import PatchLine
from tests.conftest import Judge
from tests.topics import write_topics


def test_a_dataset_is_put_right_and_back_with_a_type_at_every_step(tmp_path: Path, judge: Judge) -> None:
    data = tmp_path / "mail.csv"
    write_topics(data, rows=45, wrong=3)
    source = data.read_bytes()
    columns = {"text": "message", "label": "topic", "id": "id", "embedder": "plain"}
    with errata.open(data, **columns, costs={"break_right": 1.0}) as run:
        assert_type(run, errata.Run)
        assert assert_type(run.scan(), dict[str, Any])["items"] == 45
        assert assert_type(run.judge(judge.spec, budget="calls=500"), dict[str, Any])["spent"]["calls"]
        assert assert_type(run.proposals, list[dict[str, Any]])
        assert assert_type(run.accept("outcome == 'relabel'"), DecidedMany).decided
        assert assert_type(run.diff(), list[PatchLine])
        applied = assert_type(run.apply(), Applied)
        assert applied.changed and applied.output.read_bytes() != source
        assert assert_type(run.revert(), Reverted).identical
    assert data.read_bytes() == source


def test_a_run_is_closed_when_its_block_ends_even_by_an_error(tmp_path: Path) -> None:
    closed: list[Path] = []

    class Noted(errata.Run):
        def close(self) -> None:
            closed.append(self.data)
            super().close()

    data = tmp_path / "mail.csv"
    with pytest.raises(ZeroDivisionError), Noted(data, errata.open(data, label="topic").settings):
        assert not closed
        raise ZeroDivisionError
    assert closed == [data]


def test_what_is_exported_is_what_the_reference_names_and_each_name_is_there() -> None:
    page = (Path(__file__).parents[1] / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"^`import errata` gives (.*?)\. Nothing", page, re.M)
    assert sorted(re.findall(r"`(\w+)`", told)) == sorted(errata.__all__)
    assert all(getattr(errata, name) is not None for name in errata.__all__)

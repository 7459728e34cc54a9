"""How a run begins: impossible settings are reported before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from errata.agent.run.begin import begin
from errata.errors import SetupError
from errata.settings import Settings
from tests.topics import write_topics


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        ("blind_choise", r"no protocol 'blind_choise' \(nearest: 'blind_choice'\)"),
        ("image_text_pair", "'image_text_pair' cannot ask about single labels. Choose from: blind_choice, contest"),
    ],
)
def test_a_protocol_that_cannot_be_asked_is_said_before_anything_is_written(
    tmp_path: Path, protocol: str, message: str
) -> None:
    write_topics(tmp_path / "mail.csv")
    with pytest.raises(SetupError, match=message):
        begin(tmp_path / "mail.csv", Settings(label="topic", text=("message",), protocols=("contest", protocol)))
    assert [path.name for path in tmp_path.iterdir()] == ["mail.csv"]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"roles": ("examinr",)}, r"no role 'examinr' \(nearest: 'examiner'\)\. Install"),
        ({"detectors": ("neighbor",)}, r"no detector 'neighbor' \(nearest: 'neighbors'\)\. Install"),
    ],
)
def test_a_name_that_nothing_installed_has_is_said_before_anything_is_written(
    tmp_path: Path, named: dict[str, tuple[str, ...]], message: str
) -> None:
    write_topics(tmp_path / "mail.csv")
    with pytest.raises(SetupError, match=message):
        begin(tmp_path / "mail.csv", Settings.model_validate({"label": "topic", "text": "message", **named}))
    assert [path.name for path in tmp_path.iterdir()] == ["mail.csv"]

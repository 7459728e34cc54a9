"""The roles of a phase run in order, and what each contributes is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.agent.drive import drive, scanned
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.judging import judge_batch, waiting
from errata.agent.phases import roles_of
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.settings import Settings
from errata.tools.plugins import look_again
from tests.conftest import Judge
from tests.topics import write_topics

PACKAGE = """
from dataclasses import replace

from errata.agent.evidence.next_questions import Question
from errata.agent.role import Role
from errata.types import Proposal

class Doubter(Role):
    name, phase, place, default = "doubter", "propose", 20, False

    def work(self, view, ask):
        return (Proposal(3, "ambiguous", None, 0.5, 0.5, "I doubt it"),)

class Agreeing(Role):
    name, phase, place, default = "agreeing", "propose", 30, False

    def work(self, view, ask):
        return [replace(one, reason=f"{one.reason}, and so do I") for one in view.proposed if one.idx in (3, 4)]

class Repeater(Role):
    name, phase, place, default = "repeater", "ask", 5, False

    def work(self, view, ask):
        return [Question(judge, 0, "blind_choice", view.space.names) for judge in view.judges]

DOUBTER, AGREEING, REPEATER = Doubter(), Agreeing(), Repeater()
"""


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with roles: one replaces an item's proposal, one adds to others' proposals, and one always asks the
    same question."""
    (tmp_path / "doubting.py").write_text(PACKAGE)
    info = tmp_path / "doubting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: doubting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[errata.roles]\na = doubting:DOUBTER\nb = doubting:AGREEING\nc = doubting:REPEATER\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    look_again()
    yield
    look_again()


def test_a_role_that_is_not_default_works_only_if_named(others: None) -> None:
    assert [role.name for role in roles_of("propose")] == ["adjudicator"]
    assert [role.name for role in roles_of("propose", ["doubter"])] == ["adjudicator", "doubter"]
    assert "doubter" not in [role.name for role in roles_of("ask", ["doubter"])]


def test_the_last_role_has_the_last_word_on_an_item_and_the_others_keep_theirs(tmp_path: Path, others: None) -> None:
    data = tmp_path / "mail.csv"
    write_topics(data, rows=60)
    workspace = begin(data, Settings(label="topic", text=("message",), embedder="plain", roles=("doubter",)))
    drive(workspace, no_progress)
    proposals = Snapshot.of(workspace).proposals
    assert len(proposals) == 60
    assert [idx for idx, proposal in proposals.items() if proposal.reason == "I doubt it"] == [3]
    workspace.close()


def test_a_role_sees_what_those_before_it_propose(tmp_path: Path, others: None) -> None:
    data = tmp_path / "mail.csv"
    write_topics(data, rows=60)
    roles = ("doubter", "agreeing")
    workspace = begin(data, Settings(label="topic", text=("message",), embedder="plain", roles=roles))
    drive(workspace, no_progress)
    proposals = Snapshot.of(workspace).proposals
    assert proposals[3].reason == "I doubt it, and so do I"
    assert proposals[4].reason.endswith(", and so do I") and len(proposals) == 60
    workspace.close()


def test_what_has_its_verdict_is_not_asked_again_and_hides_no_other_question(
    tmp_path: Path, others: None, judge: Judge
) -> None:
    data = tmp_path / "mail.csv"
    write_topics(data, rows=60)
    values = {"label": "topic", "text": "message", "embedder": "plain", "judge": (judge.spec,)}
    workspace = begin(data, Settings.model_validate(values | {"roles": ("repeater",)}))
    scanned(workspace, no_progress)
    batches = 0
    while waiting(workspace) and batches < 20:
        judge_batch(workspace, no_progress)
        batches += 1
    assert batches < 20
    said = [verdict.protocol for verdict in Snapshot.of(workspace).verdicts if verdict.idx == 0]
    assert said == ["blind_choice", "contest"]
    workspace.close()

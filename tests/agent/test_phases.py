"""The roles of a phase work in their order, and what each leaves is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.agent.drive import drive
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.phases import roles_of
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.settings import Settings
from errata.tools.plugins import look_again
from tests.topics import write_topics

PACKAGE = """
from errata.agent.role import Role
from errata.types import Proposal

class Doubter(Role):
    name, phase, place, default = "doubter", "propose", 20, False

    def work(self, view, ask):
        return (Proposal(3, "ambiguous", None, 0.5, 0.5, "I doubt it"),)

ROLE = Doubter()
"""


@pytest.fixture
def doubter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with a role that has one item's proposal in its own way."""
    (tmp_path / "doubting.py").write_text(PACKAGE)
    info = tmp_path / "doubting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: doubting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[errata.roles]\ndoubter = doubting:ROLE\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    look_again()
    yield
    look_again()


def test_a_role_that_is_not_default_works_only_where_it_is_named(doubter: None) -> None:
    assert [role.name for role in roles_of("propose")] == ["adjudicator"]
    assert [role.name for role in roles_of("propose", ["doubter"])] == ["adjudicator", "doubter"]
    assert "doubter" not in [role.name for role in roles_of("ask", ["doubter"])]


def test_the_last_role_has_the_last_word_on_an_item_and_the_others_keep_theirs(tmp_path: Path, doubter: None) -> None:
    data = tmp_path / "mail.csv"
    write_topics(data, rows=60)
    workspace = begin(data, Settings(label="topic", text="message", embedder="plain", roles=("doubter",)))
    drive(workspace, no_progress)
    proposals = Snapshot.of(workspace).proposals
    assert len(proposals) == 60
    assert [idx for idx, proposal in proposals.items() if proposal.reason == "I doubt it"] == [3]
    workspace.close()

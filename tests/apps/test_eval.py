"""errata eval plants errors in the labels of a scanned dataset and says how many a scan finds."""

from __future__ import annotations

from pathlib import Path

from errata.agent.actions.deciding import DECIDE
from errata.agent.actions.perform import perform
from errata.agent.actions.permission import permission_of
from errata.agent.actions.session import Session
from tests.command import errata
from tests.topics import write_topics

COLUMNS = ("--text", "message", "--label", "topic", "--id", "id", "--embedder", "plain")


def test_a_scanned_dataset_is_measured_and_stays_as_it_was(tmp_path: Path) -> None:
    write_topics(tmp_path / "mail.csv", rows=300)
    errata("scan", "mail.csv", *COLUMNS, cwd=tmp_path)
    before, status = (tmp_path / "mail.csv").read_bytes(), errata("status", "--json", cwd=tmp_path).json
    found = errata("eval", "mail.csv", "--plant", "30", "--json", cwd=tmp_path).json
    assert found["scan"]["total"]["planted"] == 30 and found["labels"] == 300
    assert found["scan"]["total"]["found"] > 25, "topics are told apart by their words"
    assert found["people"] is None
    said = errata("eval", "mail.csv", "--plant", "30", cwd=tmp_path)
    assert "planted       30 errors among 300 labels, in memory only" in said.out
    assert "people's errors are harder" in said.out
    assert (tmp_path / "mail.csv").read_bytes() == before
    assert errata("status", "--json", cwd=tmp_path).json == status


def test_what_people_found_wrong_stands_beside_the_planted_errors(tmp_path: Path) -> None:
    truth = write_topics(tmp_path / "mail.csv", rows=300)
    errata("scan", "mail.csv", *COLUMNS, cwd=tmp_path)
    with Session(permission_of("ann")).open(str(tmp_path / "mail.csv")) as session:
        perform(DECIDE, session, item_id="m0", answer="label", label=truth["m0"])
    assert "people        of what they found wrong: " in errata("eval", "mail.csv", "--plant", "30", cwd=tmp_path).out


def test_data_that_was_never_scanned_or_has_no_room_is_refused(tmp_path: Path) -> None:
    write_topics(tmp_path / "mail.csv", rows=30)
    assert errata("eval", "mail.csv", cwd=tmp_path).code == 2
    errata("scan", "mail.csv", *COLUMNS, cwd=tmp_path)
    refused = errata("eval", "mail.csv", cwd=tmp_path)
    assert refused.code == 2 and "No class has room for planted errors" in refused.err

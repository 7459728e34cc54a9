"""A judge no better than chance is measured and not used: the run says so and continues as a scan, or stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from errata.agent.actions.measuring import MEASURE
from errata.agent.actions.perform import perform
from errata.agent.contributions import JudgeCards
from errata.agent.decisions import by_rule
from errata.agent.drive import drive
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace
from errata.agent.views.status import describe, status_of
from errata.errors import SetupError
from errata.settings import Settings
from errata.tools.judging.calibration.trusted import FEWEST
from errata.types import Proposal
from tests.by_hand import closed_later, session_of, somebody
from tests.conftest import Judge, stub_server
from tests.topics import write_topics


@pytest.fixture
def useless(tmp_path: Path) -> Iterator[Judge]:
    with stub_server(tmp_path / "first.log", "--model", "first", "--first-always") as judge:
        yield judge._replace(spec=judge.spec.replace("stub@", "first@"))


def run(folder: Path, *judges: str, **more: object) -> tuple[Workspace, list[str]]:
    folder.mkdir()
    write_topics(folder / "mail.csv", rows=120, wrong=12)
    values = {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "judge": judges}
    told: list[str] = []
    settings = Settings.model_validate(values | more)
    workspace = closed_later(begin(folder / "mail.csv", settings, notify=told.append))
    drive(workspace, no_progress)
    return workspace, told


def said(proposal: Proposal) -> tuple[object, ...]:
    return proposal.outcome, proposal.proposed_label, proposal.confidence, proposal.quality, proposal.basis


def test_its_run_ends_as_the_scan_alone_and_says_so_once(tmp_path: Path, useless: Judge) -> None:
    scan, _ = run(tmp_path / "scan")
    judged, told = run(tmp_path / "judged", useless.spec)
    assert [one for one in told if "no better than chance and is not used" in one] == told[-1:]
    assert "right on " in told[-1] and "trusted items" in told[-1]
    before, after = Snapshot.of(scan).proposals, Snapshot.of(judged).proposals
    assert {i: said(one) for i, one in after.items()} == {i: said(one) for i, one in before.items()}
    found = status_of(judged)
    assert found["statuses"] == status_of(scan)["statuses"] and found["wrong"] == status_of(scan)["wrong"]
    assert "not used" in describe(found)


def test_it_is_asked_about_trusted_items_alone(tmp_path: Path, useless: Judge) -> None:
    workspace, _ = run(tmp_path / "judged", useless.spec)
    assert not Snapshot.of(workspace).verdicts
    assert len(useless.requests()) < 500


def test_a_run_that_wants_a_judge_stops(tmp_path: Path, useless: Judge) -> None:
    workspace, _ = run(tmp_path / "judged", useless.spec, require_judge=True)
    found = status_of(workspace)
    assert found["failed"] and "no better than chance" in found["stopped"] and "--require-judge" in found["stopped"]


def test_a_judge_that_knows_the_labels_is_used_and_its_card_says_how_often_it_was_right(
    tmp_path: Path, judge: Judge
) -> None:
    workspace, told = run(tmp_path / "judged", judge.spec)
    card = (Snapshot.of(workspace).contributions.find(JudgeCards) or JudgeCards()).judges["stub"]
    assert card.used and not [one for one in told if "not used" in one]
    assert any(line.startswith("not shown the given label: right on ") for line in card.lines)
    queue_asked = {answer.idx for answer in Snapshot.of(workspace).view.profiles.judges["stub"].trusted}
    assert len(queue_asked) >= FEWEST


def test_a_rule_leaves_out_what_rests_on_a_judge_alone(tmp_path: Path, judge: Judge) -> None:
    workspace, _ = run(tmp_path / "judged", judge.spec)
    basis = [one.basis for one in Snapshot.of(workspace).proposals.values() if one.outcome == "relabel"]
    assert "scan and judge" in basis
    alone = basis.count("judge alone")
    done = by_rule.decide_where(workspace, somebody(workspace), True, "outcome == 'relabel'")
    assert (done.decided, done.judge_alone) == (len(basis) - alone, alone)


def test_a_judge_is_measured_on_data_that_was_scanned_and_its_calls_are_remembered(
    tmp_path: Path, judge: Judge, useless: Judge
) -> None:
    workspace, _ = run(tmp_path / "scan")
    session = session_of(workspace)
    good = perform(MEASURE, session, judge=judge.spec)
    assert good.used and good.lines[0].startswith("not shown the given label: right on ")
    asked = len(judge.requests())
    assert perform(MEASURE, session, judge=judge.spec) == good and len(judge.requests()) == asked
    assert "USD" not in good.lines[-1]
    assert not perform(MEASURE, session, judge=useless.spec).used
    assert not Snapshot.of(workspace).verdicts


def test_the_card_names_the_price_of_a_question_if_a_token_has_one(tmp_path: Path, judge: Judge) -> None:
    workspace, _ = run(tmp_path / "priced", judge.spec, usd_per_mtok_out=1.0)
    calls = workspace.store.calls_of(workspace.run.run_id).spent()
    measured = perform(MEASURE, session_of(workspace), judge=judge.spec).lines[-1]
    price = float(measured.removesuffix(" USD a question").rpartition(" ")[2])
    assert 1 <= price / (calls.usd / calls.calls) <= 3, "a question is one call or more"
    assert " USD a question\n" in describe(status_of(workspace))


def test_a_judge_is_measured_on_trusted_items_which_only_a_scan_finds(tmp_path: Path, judge: Judge) -> None:
    write_topics(tmp_path / "mail.csv")
    workspace = closed_later(begin(tmp_path / "mail.csv", Settings(label="topic", text=("message",))))
    with pytest.raises(SetupError, match="scan the data first"):
        perform(MEASURE, session_of(workspace), judge=judge.spec)

"""The whole loop, from a CSV file to a revert, against a judge on a loopback server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from errata.agent.actions.deciding import DECIDE_WHERE
from errata.agent.actions.perform import perform
from errata.agent.decisions import approval, by_rule
from errata.agent.decisions.apply import apply, changes
from errata.agent.decisions.revert import revert
from errata.agent.drive import drive, resume, scanned
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.agent.views.history import history, history_of
from errata.agent.views.item import describe, evidence_of
from errata.agent.views.price import price
from errata.agent.views.results import result_rows, write_results
from errata.agent.views.status import status_of
from errata.errors import DataError, SetupError
from errata.settings import Settings
from tests.by_hand import closed_later, session_of, somebody
from tests.conftest import Judge
from tests.topics import write_topics


def silent(step: str, done: int, total: int) -> None:
    pass


def settings(*judges: str, **more: object) -> Settings:
    values: dict[str, object] = {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "judge": judges}
    # The stub is never surer than 0.9; with cautious costs that would be left to a person.
    values |= {"costs": {"break_right": 1.0}} | more
    return Settings.model_validate(values)


def run(data: Path, *judges: str, **more: object) -> Workspace:
    workspace = begin(data, settings(*judges, **more))
    drive(workspace, silent)
    return closed_later(workspace)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_topics(tmp_path / "mail.csv")
    return tmp_path / "mail.csv"


def test_planted_errors_are_found_fixed_and_undone(data: Path, judge: Judge) -> None:
    source = data.read_bytes()
    truth = write_topics(data)
    workspace = run(data, judge.spec)
    rows = {row["item_id"]: row for row in result_rows(workspace)}
    wrong = {f"m{i}" for i in range(6)}
    assert {item for item, row in rows.items() if row["outcome"] == "relabel"} == wrong
    assert all(rows[item]["proposed_label"] == truth[item] for item in wrong)

    done = by_rule.decide_where(workspace, somebody(workspace), True, "outcome == 'relabel' and confidence > 0.5")
    assert (done.decided, done.ambiguous) == (6, 0)
    state = resume(workspace, True, silent)
    assert state["changed"] == 6
    relabeled = data.with_name("mail.relabeled.csv")
    assert relabeled.read_text().count("\n") == source.decode().count("\n")
    assert {row["status"] for row in result_rows(workspace) if row["item_id"] in wrong} == {"applied"}
    assert data.read_bytes() == source

    reverted = revert(workspace)
    assert reverted.identical and relabeled.read_bytes() == source
    assert [entry["kind"] for entry in history(workspace)][-2:] == ["applied", "reverted"]
    assert [entry["kind"] for entry in history_of(workspace, "m0")] == ["decision", "applied", "reverted"]
    workspace.close()


def test_nothing_changes_without_a_yes(data: Path, judge: Judge) -> None:
    workspace = run(data, judge.spec)
    source = data.read_bytes()
    assert resume(workspace, False, silent)["approved"] is False
    assert data.read_bytes() == source and not data.with_name("mail.relabeled.csv").exists()
    workspace.close()


def test_a_wrong_token_decides_nothing(data: Path) -> None:
    workspace = run(data)
    with pytest.raises(SetupError, match="token"):
        perform(DECIDE_WHERE, session_of(workspace, "model", "made up"), accept=True, where=None)
    assert history(workspace) == []
    workspace.close()


def test_running_again_asks_nothing_again(data: Path, judge: Judge) -> None:
    first = run(data, judge.spec)
    before, asked = result_rows(first), len(judge.requests())
    first.close()
    again = run(data, judge.spec)
    assert asked > 0 and len(judge.requests()) == asked
    assert again.run.run_id == first.run.run_id
    assert result_rows(again) == before
    again.close()


def test_the_second_night_costs_what_changed(tmp_path: Path, judge: Judge) -> None:
    data = tmp_path / "mail.csv"
    write_topics(data, rows=150, wrong=6)
    first = run(data, judge.spec, random_share=0.0)
    rejected = by_rule.decide_where(first, somebody(first), False, "item_id == 'm0'")
    accepted = by_rule.decide_where(first, somebody(first), True, "item_id == 'm1'")
    assert (rejected.decided, accepted.decided) == (1, 1)
    first.close()
    asked = len(judge.requests())

    write_topics(data, rows=150, wrong=6, extra=9)
    second = run(data, judge.spec, random_share=0.0)
    assert second.run.run_id != first.run.run_id
    verdicts = {verdict.idx for verdict in Snapshot.of(second).verdicts if not verdict.cached}
    assert verdicts <= set(range(150, 159))
    assert len(judge.requests()) - asked <= 4 * len(verdicts)
    decided = second.decisions()
    assert decided[0].label == decided[0].given_label and decided[1].changes_label
    assert "m0" not in {line.item_id for line in changes(second)}
    second.close()


def test_a_new_guideline_opens_what_was_rejected(data: Path, tmp_path: Path) -> None:
    first = run(data)
    by_rule.decide_where(first, somebody(first), False, None)
    assert first.decisions()
    first.close()
    guideline = tmp_path / "guideline.md"
    guideline.write_text("What is said twice counts once.")
    second = run(data, guideline=guideline)
    assert second.decisions() == {}
    second.close()


def test_protected_items_are_never_judged_and_never_change(tmp_path: Path, judge: Judge) -> None:
    data = tmp_path / "mail.csv"
    write_topics(data)
    lines = data.read_text().splitlines()
    gold = [f"{line},{'yes' if line.startswith('m0,') else ''}" for line in lines[1:]]
    data.write_text("\n".join([lines[0] + ",gold", *gold]) + "\n")
    workspace = run(data, judge.spec, protect="gold")
    assert 0 not in {verdict.idx for verdict in Snapshot.of(workspace).verdicts}
    by_rule.decide_where(workspace, somebody(workspace), True, None)
    with pytest.raises(DataError, match="protected"):
        approval.decide(workspace, somebody(workspace), "m0", "label", "travel")
    assert "m0" not in {line.item_id for line in changes(workspace)}
    workspace.close()


def test_a_budget_stops_before_the_call_and_a_larger_one_continues(data: Path, judge: Judge) -> None:
    small = run(data, judge.spec, budget="calls=5")
    assert len(judge.requests()) == 5
    assert "budget" in status_of(small)["stopped"]
    small.close()
    large = run(data, judge.spec, budget="calls=500")
    assert status_of(large)["stopped"] == ""
    keys = [json.loads(line)["key"] for line in judge.requests()]
    assert len(keys) == len(set(keys)), "the call of a half-asked item was paid for twice"
    assert large.run.run_id == small.run.run_id
    large.close()


def test_a_dry_run_asks_no_model_and_the_run_takes_no_more_calls_than_it_says(data: Path, judge: Judge) -> None:
    workspace = begin(data, settings(judge.spec, usd_per_mtok_in=1.0, calibrate=False))
    for _ in range(2):  # the second one finds the first one waiting for the judge
        scanned(workspace, silent)
        estimate = price(workspace)
        drawn = len(Snapshot.of(workspace).control_items)
        assert estimate.calls == (estimate.suspects + estimate.drawn) * 6 + drawn * 4 and (estimate.usd or 0) > 0
    assert judge.requests() == []
    drive(workspace, silent)
    assert 0 < len(judge.requests()) <= estimate.calls
    workspace.close()


def test_undo_takes_a_decision_back_and_keeps_it_in_the_history(data: Path) -> None:
    workspace = run(data)
    event = approval.decide(workspace, somebody(workspace), "m0", "label", "food")
    assert workspace.decisions()[0].label == "food"
    approval.undo(workspace, somebody(workspace), [event])
    assert workspace.decisions() == {}
    assert [entry["kind"] for entry in history_of(workspace, "m0")] == ["decision", "undo"]
    workspace.close()


def test_in_place_keeps_a_backup_and_reverts_to_the_same_bytes(data: Path) -> None:
    source = data.read_bytes()
    workspace = run(data)
    approval.decide(workspace, somebody(workspace), "m0", "label", "travel")
    apply(workspace, in_place=True)
    assert data.read_bytes() != source
    assert revert(workspace).identical and data.read_bytes() == source
    workspace.close()


def test_apply_refuses_a_source_that_has_changed(data: Path) -> None:
    workspace = run(data)
    approval.decide(workspace, somebody(workspace), "m0", "label", "travel")
    workspace.close()
    data.write_text(data.read_text().replace("m5", "m5x"))
    from errata.agent.run.workspace import open_run

    again = open_run(workspace.folder)
    with pytest.raises(DataError, match="has changed"):
        apply(again)
    assert not data.with_name("mail.relabeled.csv").exists()
    again.close()


def test_results_are_written_in_three_formats(data: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq
    from pyarrow import csv

    workspace = run(data)
    for ending in (".parquet", ".csv", ".jsonl"):
        assert write_results(workspace, tmp_path / f"out{ending}") == 150
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert rows == result_rows(workspace)
    assert rows == [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert csv.read_csv(tmp_path / "out.csv").column_names == list(rows[0])
    with pytest.raises(SetupError, match=r"\.xlsx"):
        write_results(workspace, tmp_path / "out.xlsx")
    workspace.close()


def test_an_unsuspected_item_has_a_best_other_label_and_no_outcome(data: Path) -> None:
    workspace = run(data)
    unsuspected = [row for row in result_rows(workspace) if row["outcome"] is None]
    assert unsuspected and all(row["best_other_label"] and row["status"] == "scanned" for row in unsuspected)
    assert all(row["proposed_label"] is row["confidence"] is None for row in unsuspected)
    assert all(row["outcome"] != "keep" for row in result_rows(workspace))
    workspace.close()


def test_show_has_all_the_evidence(data: Path, judge: Judge) -> None:
    workspace = run(data, judge.spec)
    found = evidence_of(workspace, "m0")
    assert {v["protocol"] for v in found["verdicts"]} == {"blind_choice", "contest", "steering"}
    assert sum(found["probabilities"].values()) == pytest.approx(1)
    assert any(line.startswith("neighbor:") for line in found["evidence"])
    assert "the judge" in describe(found) and "relabel: animals" in describe(found)
    assert "keep food" in describe(found | {"outcome": "keep"})
    with pytest.raises(DataError, match="no item"):
        evidence_of(workspace, "zzz")
    workspace.close()


def test_replaying_a_run_needs_no_model(tmp_path: Path, data: Path, judge: Judge) -> None:
    first = run(data, judge.spec)
    rows, asked = result_rows(first), len(judge.requests())
    first.close()
    replayed = begin(data, settings(f"replay:{first.folder.path}"), tmp_path / "again.errata")
    drive(replayed, silent)
    assert result_rows(replayed) == rows and len(judge.requests()) == asked
    replayed.close()

"""Labels that differ only in form are one label everywhere, and stay unchanged in the file."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from errata.agent.decisions import approval
from errata.agent.decisions.apply import apply, changes
from errata.agent.decisions.approval import Signer
from errata.agent.drive import drive
from errata.agent.evidence import control_items
from errata.agent.evidence.adjusted_verdicts import adjusted
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.agent.views.report import summarize
from errata.agent.views.results import result_rows
from errata.agent.views.status import describe, status_of
from errata.apps.terminal.review_session import ReviewSession
from errata.errors import DataError
from errata.settings import Settings
from errata.tools.judging.protocols.steering import PROTOCOL
from errata.tools.store.decisions import settled
from errata.types import OTHER_ANSWERS, PromptRef, Verdict
from tests.by_hand import closed_later, session_of, somebody
from tests.conftest import Judge
from tests.topics import write_topics

FORMS = {
    "animals": ("animals", "animals", "Animals", "animals "),
    "food": ("food",),
    "travel": ("travel", "travel", "TRAVEL"),
}


def silent(step: str, done: int, total: int) -> None:
    pass


def run(data: Path, *judges: str, **more: object) -> Workspace:
    values = {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "judge": judges}
    workspace = begin(data, Settings.model_validate(values | {"costs": {"break_right": 1.0}} | more))
    drive(workspace, silent)
    return closed_later(workspace)


def ann(workspace: Workspace) -> Signer:
    return somebody(workspace)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """150 rows, 6 of them wrong; every class but one in several forms. Rows 100 to 104 have no label."""
    write_topics(tmp_path / "mail.csv")
    with (tmp_path / "mail.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    for i, row in enumerate(rows):
        row[2] = "  " if i in range(100, 105) else FORMS[row[2]][(i // 3 + 1) % len(FORMS[row[2]])]
    with (tmp_path / "mail.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])
    return tmp_path / "mail.csv"


def test_no_form_is_proposed_as_the_fix_for_another(data: Path) -> None:
    workspace = run(data)
    space = workspace.run.label_space
    assert space.names == ("animals", "food", "travel")
    found = [row for row in result_rows(workspace) if row["outcome"]]
    assert {row["item_id"] for row in found} == {f"m{i}" for i in range(6)}
    labeled = [row for row in result_rows(workspace) if row["given_label"] is not None]
    assert labeled and not [row for row in labeled if space.same(row["given_label"], row["proposed_label"])]
    assert {"Animals", "animals ", "TRAVEL"} <= {row["given_label"] for row in result_rows(workspace)}


def test_a_judge_is_shown_each_label_once_and_is_heard_about_every_form(data: Path, judge: Judge) -> None:
    workspace = run(data, judge.spec, calibrate=True, protocols=("blind_choice", "contest", "steering"))
    prompts = [json.dumps(json.loads(line)) for line in judge.requests()]
    assert prompts and not [prompt for prompt in prompts if "Animals" in prompt or "TRAVEL" in prompt]
    rows = workspace.rows()
    forms = {rows[idx].given_label for idx in [item.idx for item in Snapshot.of(workspace).control_items]}
    assert forms & {"Animals", "animals ", "TRAVEL"}
    agreed = control_items.usable(Snapshot.of(workspace).view, workspace.panel.judges[0], PROTOCOL)
    assert forms & {"Animals", "animals ", "TRAVEL"} <= {reference.item.given_label for reference in agreed}


def test_items_of_every_form_are_controls_of_a_judge(data: Path, judge: Judge) -> None:
    workspace = run(data, judge.spec, calibrate=True, protocols=("question_bank",))
    [measured] = Snapshot.of(workspace).view.profiles.judges.values()
    # Two control items of each of three labels: five items without content and four of other labels.
    assert len(measured.controls) == 3
    assert all("of 9 control questions" in control for control in measured.controls)


def test_a_decision_for_the_own_label_in_another_form_changes_nothing(data: Path) -> None:
    source = data.read_bytes()
    workspace = run(data)
    odd = [row for row in workspace.rows() if row.given_label in ("Animals", "animals ", "TRAVEL")][:3]
    for row in odd:
        name = workspace.run.label_space.canonical(row.given_label)
        approval.decide(workspace, ann(workspace), row.item_id, "label", name)
    assert [decision.label for decision in workspace.decisions().values()] == [row.given_label for row in odd]
    assert changes(workspace) == []
    other = next(row for row in workspace.rows() if row.given_label == "food")
    approval.decide(workspace, ann(workspace), other.item_id, "label", "TRAVEL")
    [line] = changes(workspace)
    assert (line.old, line.new) == ("food", "travel")
    with pytest.raises(DataError, match="'Travel ' is no label of this data"):
        approval.decide(workspace, ann(workspace), other.item_id, "label", "Travel ")
    out = apply(workspace, data.with_name("out.csv")).output
    before, after = source.split(b"\n"), out.read_bytes().split(b"\n")
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_what_people_say_of_one_form_teaches_about_all(data: Path) -> None:
    workspace = run(data)
    names = workspace.run.label_space.names
    rows = [row for row in workspace.rows() if row.given_label is not None][:90]
    verdicts = []
    for row in rows:  # a judge that is sure of everything and right in seven of ten
        best = workspace.run.label_space.index()[str(row.given_label)] if row.idx % 10 < 7 else row.idx % 3
        sure = {name: 0.97 if k == best else 0.005 for k, name in enumerate([*names, *OTHER_ANSWERS])}
        log_probs = {name: math.log(p) for name, p in sure.items()}
        verdicts.append(Verdict(row.idx, "j", "blind_choice", PromptRef("p", "v1", "s"), log_probs, "", ()))
        approval.decide(workspace, ann(workspace), row.item_id, "label", row.given_label)
    space, decided = workspace.run.label_space, settled(workspace.decisions())
    taught = {idx: replace(decision, label=space.canonical(decision.label)) for idx, decision in decided.items()}
    believed = adjusted(verdicts, workspace.rows(), space, {}, (), decided)
    assert believed != verdicts
    assert believed == adjusted(verdicts, workspace.rows(), space, {}, (), taught)


def test_a_terminal_shows_the_class_and_keeps_the_form(data: Path) -> None:
    workspace = run(data)
    reviewing = ReviewSession(session_of(workspace))
    rows = {row.spot: row for row in workspace.rows()}
    row = next(
        r for r in map(rows.get, reviewing.open_items()) if r and r.given_label in ("Animals", "animals ", "TRAVEL")
    )
    card = reviewing.card(row.spot, 1)
    assert card.item.given_label in card.choices.values()
    reviewing.decide(card, "label", card.item.given_label)
    assert list(reviewing.made.values()) == [False]
    assert workspace.decisions()[row.idx].label == row.given_label


def test_what_was_left_out_and_what_is_alike_is_said_everywhere(data: Path) -> None:
    workspace = run(data)
    found, profile = status_of(workspace), summarize(workspace).profile
    assert found["left_out"]["sentence"] == profile.left_out == "5 of 150 rows have no label"
    assert found["left_out"]["without_label"] == 5
    [remark] = found["remarks"]
    assert remark.startswith("'travel' and 'TRAVEL'; 'animals', 'Animals' and 'animals ' differ only in case")
    assert profile.remarks == (remark,)
    lines = describe(found).split("\n")
    assert "left out  5 of 150 rows have no label" in lines and f"note      {remark}" in lines
    page = workspace.folder.report.read_text(encoding="utf-8")
    assert "5 of 150 rows have no label" in page and "differ only in case" in page
    classes = Counter(noise.label for noise in summarize(workspace).classes)
    assert classes == Counter(workspace.run.label_space.names)

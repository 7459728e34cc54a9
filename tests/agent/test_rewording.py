"""A guideline change for one class reopens what depends on that class, and nothing else is asked again."""

from __future__ import annotations

import csv
import random
from itertools import combinations
from pathlib import Path

import pytest

from errata.agent.decisions import approval
from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.settings import Settings
from errata.tools.guideline import Guideline
from errata.types import Verdict
from tests.by_hand import closed_later, somebody
from tests.conftest import Judge

CLASSES = ("apple", "birch", "cedar", "daisy", "elder", "fern")
"""Enough that the stub gives less than 2% to classes it does not believe in."""

SECTIONS = "\n".join(f"## {name}\nIt looks as it does.\n" for name in CLASSES)
PAIRS = "".join(f"- {one} is not {other}.\n" for one, other in combinations(CLASSES, 2))
GUIDELINE = f"# Plants\nLook at all of it.\n\n{PAIRS}\n{SECTIONS}"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """90 rows, one in ten labeled with another class than the one it is about."""
    rng = random.Random(0)
    words = {name: [f"{name[0]}{number}" for number in range(12)] for name in CLASSES}
    with (tmp_path / "plants.csv").open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file)
        write.writerow(("id", "text", "label"))
        for i in range(90):
            name = CLASSES[i % 6]
            given = CLASSES[(i + 1) % 6] if i % 10 == 0 else name
            write.writerow((f"p{i}", f"{' '.join(rng.choices(words[name], k=8))} about {name}", given))
    return tmp_path / "plants.csv"


def run(data: Path, guideline: str, judge: Judge, told: list[str]) -> Workspace:
    data.with_name("guide.md").write_text(guideline, encoding="utf-8")
    values = {
        "label": "label",
        "text": "text",
        "id": "id",
        "embedder": "plain",
        "guideline": data.with_name("guide.md"),
    }
    settings = Settings.model_validate(values | {"judge": (judge.spec,), "random_share": 0.0, "calibrate": False})
    workspace = begin(data, settings, None, told.append)
    drive(workspace, lambda *_: None)
    return closed_later(workspace)


def said(workspace: Workspace) -> list[Verdict]:
    return workspace.store.verdicts(workspace.run.run_id)


def resting_on(workspace: Workspace, *labels: str) -> set[int]:
    """The items with verdicts that depend on all of these labels."""
    guideline, rows = Guideline(workspace.run.guideline, workspace.run.label_space), workspace.rows()
    return {v.idx for v in said(workspace) if guideline.of_verdict(v, rows[v.idx].given_label).issuperset(labels)}


def suspects(workspace: Workspace) -> set[int]:
    """Other items are asked about only if a steering control needs them next to a suspect."""
    return {row.idx for row in workspace.rows() if row.suspicion is not None}


def test_one_class_reworded_asks_again_about_what_rests_on_it_alone(data: Path, judge: Judge) -> None:
    first = run(data, GUIDELINE, judge, [])
    touched, all_of_them, asked = resting_on(first, "cedar"), suspects(first), len(judge.requests())
    assert all("[]" in v.wording and len(v.wording) > 1 for v in said(first))
    assert touched & all_of_them and all_of_them - touched
    first.close()
    second = run(data, GUIDELINE.replace("## cedar\nIt looks as", "## cedar\nIt smells as"), judge, [])
    new = [verdict for verdict in said(second) if not verdict.cached]
    assert {verdict.idx for verdict in new} == touched & all_of_them == suspects(second)
    assert len(judge.requests()) - asked == sum(len(verdict.call_keys) for verdict in new)
    assert {verdict.idx for verdict in said(second)} >= all_of_them
    second.close()


def test_rewording_an_unconfused_pair_costs_no_call(data: Path, judge: Judge) -> None:
    first = run(data, GUIDELINE, judge, [])
    pairs = [pair for pair in combinations(CLASSES, 2) if not resting_on(first, *pair)]
    one, other = pairs[0]
    judged, asked = {v.idx for v in said(first)}, len(judge.requests())
    first.close()
    second = run(data, GUIDELINE.replace(f"{one} is not {other}", f"{one} is never {other}"), judge, [])
    assert len(judge.requests()) == asked
    assert {v.idx for v in said(second)} == judged and all(v.cached for v in said(second))
    second.close()


def test_what_is_said_in_general_asks_again_about_everything(data: Path, judge: Judge) -> None:
    first = run(data, GUIDELINE, judge, [])
    judged = {v.idx for v in said(first)}
    first.close()
    second = run(data, GUIDELINE.replace("Look at all", "Look at half"), judge, [])
    assert judged and {v.idx for v in said(second) if not v.cached} == judged
    second.close()


def test_a_decision_lapses_with_what_was_said_of_its_labels_and_a_line_names_the_class(
    data: Path, judge: Judge
) -> None:
    first = run(data, GUIDELINE, judge, [])
    for item, label in (("p1", "birch"), ("p2", "cedar"), ("p3", "cedar"), ("p4", "fern")):
        approval.decide(first, somebody(first), item, "label", label)
    first.close()
    told: list[str] = []
    reworded = GUIDELINE.replace("## cedar\nIt looks", "## cedar\nIt smells").replace(
        "elder is not fern", "elder is fern"
    )
    second = run(data, reworded, judge, told)
    assert {decision.item_id for decision in second.decisions().values()} == {"p1"}
    assert told == [
        "2 decisions will not hold in this run and are open again: what the guideline says of 'cedar' has changed",
        "1 decisions will not hold in this run and are open again: "
        "what the guideline says of 'elder' and 'fern' has changed",
    ]
    second.close()

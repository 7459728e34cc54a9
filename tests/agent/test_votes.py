"""Votes through the whole loop: scanned, reported, decided, adjudicated into a new column, put back."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from errata.agent.actions.changing import APPLY, REVERT
from errata.agent.actions.deciding import DECIDE
from errata.agent.actions.history import BLAME, DIFF
from errata.agent.actions.looking import SHOW
from errata.agent.actions.perform import perform
from errata.agent.actions.tables import RESULTS
from errata.agent.drive import drive
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace
from errata.agent.views.report import summarize
from errata.agent.views.status import describe, status_of
from errata.errors import DataError, SetupError
from errata.settings import Settings
from tests.by_hand import closed_later, session_of
from tests.topics import WORDS

ROWS = 240
TOPICS = sorted(WORDS)
GOOD, HASTY = ("ann", "bob"), ("cy", "dan", "eve")
"""The hasty ones often take the first topic for the second, eve always: sometimes they are the majority."""


def true(n: int) -> str:
    return TOPICS[n % 3]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng, vectors = random.Random(0), []
    with (tmp_path / "mail.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "message", "label", *GOOD, *HASTY])
        for n in range(ROWS):
            look = [(topic == true(n)) + rng.gauss(0, 0.2) for topic in TOPICS]
            words = " ".join(rng.choices(WORDS[true(n)].split(), k=6))
            good = [true(n) if rng.random() < 0.97 else rng.choice(TOPICS) for _ in GOOD]
            right = 0.5 if true(n) == TOPICS[0] else 0.9
            hasty = [true(n) if rng.random() < right else true(n + 1) for _ in HASTY]
            hasty[2] = TOPICS[1] if true(n) == TOPICS[0] else true(n)
            votes = [*good, *hasty] if n else [""] * 5
            writer.writerow([f"m{n}", words, true(n), *votes])
            vectors.append(look)
    np.save(tmp_path / "vectors.npy", np.array(vectors, np.float32))
    return tmp_path / "mail.csv"


def run(data: Path, **options: Any) -> Workspace:
    settings = Settings(
        text=("message",), id="id", votes=(*GOOD, *HASTY), embeddings=str(data.with_name("vectors.npy")), **options
    )
    workspace = closed_later(begin(data, settings))
    drive(workspace, no_progress)
    return workspace


def rows_of(workspace: Workspace) -> dict[str, dict[str, Any]]:
    return {row["item_id"]: row for row in perform(RESULTS, session_of(workspace))}


def true_of(item: str) -> str:
    return true(int(item[1:]))


def disputed(workspace: Workspace) -> list[str]:
    """Items of which the majority is wrong."""
    given = {row.item_id: row.given_label for row in workspace.rows()}
    found = [item for item, label in given.items() if label not in (None, true_of(item))]
    assert len(found) > 10
    return found


def test_the_reliable_ones_outweigh_the_many_and_the_majority_is_only_disputed(data: Path) -> None:
    workspace = run(data)
    rows = rows_of(workspace)
    mixed = disputed(workspace)
    right = [rows[item]["proposed_label"] == true_of(item) for item in mixed]
    assert np.mean(right) > 0.9
    proposed = [row for row in rows.values() if row["outcome"] == "relabel"]
    assert sum(row["proposed_label"] != true_of(row["item_id"]) for row in proposed) <= 2
    assert rows["m0"]["given_label"] is None and rows["m0"]["outcome"] is None
    said = perform(SHOW, session_of(workspace), item_id=mixed[0])["reason"]
    given, right_one = rows[mixed[0]]["given_label"], true_of(mixed[0])
    assert said.startswith(
        f"5 votes: 3 for {given}, 2 for {right_one}; weighed by reliability they speak for {right_one}"
    )


def test_screens_say_disagreement_where_only_votes_exist(data: Path) -> None:
    status = status_of(run(data))
    assert "disagreements, " in status["wrong"]["sentence"] and "wrong" not in status["wrong"]["sentence"]
    said = describe(status)
    assert f"votes     {5 * (ROWS - 1):,} votes of 5 annotators; Krippendorff's alpha (nominal) " in said
    assert "wrong" not in said and "1 of 240 rows have no vote" in said
    assert "wrong label" in status_of(run(data, label="label"))["wrong"]["sentence"]


def test_the_report_tells_who_mixes_up_what_and_what_the_guideline_leaves_open(data: Path) -> None:
    workspace = run(data)
    found = summarize(workspace).agreement
    assert found is not None and found.overall.low is not None and found.overall.high is not None
    assert found.overall.low < (found.overall.alpha or 0) < found.overall.high and found.overall.after is None
    people = {one.name: one for one in found.annotators}
    assert [one.name for one in found.annotators][3:] == sorted(GOOD, key=lambda who: people[who].accuracy)
    assert people["eve"].high < people["ann"].low
    assert people["eve"].ask_again == f"those for {TOPICS[1]}" and not people["ann"].ask_again
    assert people["eve"].confusions[0].startswith(f"calls {TOPICS[0]} {TOPICS[1]} (")
    assert found.faults[0].startswith(f"{TOPICS[0]} or {TOPICS[1]}: ")
    assert found.contested
    assert {one.label for one in found.labels} == set(TOPICS) and len(found.pairs) == 10
    page = workspace.folder.report.read_text(encoding="utf-8")
    assert "People who voted" in page and "in dispute" in page and "estimated to be wrong" not in page
    first, second, third = disputed(workspace)[:3]
    for item in (first, second):
        perform(DECIDE, session_of(workspace), item_id=item, answer="label", label=true_of(item))
    after = after_decisions(workspace)
    assert after > (found.overall.alpha or 1)
    perform(DECIDE, session_of(workspace), item_id=third, answer="several")
    assert after_decisions(workspace) > after


def after_decisions(workspace: Workspace) -> float:
    found = summarize(workspace).agreement
    assert found is not None and found.overall.after is not None
    return found.overall.after


def test_the_adjudicated_label_goes_into_a_new_column_and_votes_stay(data: Path) -> None:
    workspace, before = run(data), data.read_bytes()
    session = session_of(workspace)
    item = disputed(workspace)[0]
    perform(DECIDE, session, item_id=item, answer="label", label=true_of(item))
    (line,) = perform(DIFF, session)
    assert (line.item_id, line.new) == (item, true_of(item))
    applied = perform(APPLY, session, distribution=True)
    again = perform(APPLY, session, distribution=True)
    with applied.output.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    with data.open(encoding="utf-8", newline="") as file:
        source = list(csv.DictReader(file))
    new = ("adjudicated", "adjudicated_distribution")
    assert [{name: row[name] for name in row if name not in new} for row in written] == source
    given = {row.item_id: row.given_label or "" for row in workspace.rows()}
    assert {row["id"]: row["adjudicated"] for row in written} == given | {item: true_of(item)}
    shares = [json.loads(row["adjudicated_distribution"]) for row in written]
    assert shares[int(item[1:])] == {true_of(item): 1.0} and all(abs(sum(one.values()) - 1) < 1e-3 for one in shares)
    assert rows_of(workspace)[item]["status"] == "applied" and perform(BLAME, session, item_id=item)
    assert again.output == applied.output and data.read_bytes() == before
    assert perform(REVERT, session).identical and applied.output.read_bytes() == before


def test_in_place_the_column_comes_and_goes_and_is_never_written_over(data: Path) -> None:
    workspace, before = run(data), data.read_bytes()
    session = session_of(workspace)
    item = disputed(workspace)[0]
    perform(DECIDE, session, item_id=item, answer="label", label=true_of(item))
    with pytest.raises(DataError, match="has a column 'label' already"):
        perform(APPLY, session, into="label")
    perform(APPLY, session, in_place=True, into="by us")
    assert data.read_bytes().splitlines()[0] == before.splitlines()[0] + b",by us"
    assert perform(REVERT, session).identical and data.read_bytes() == before


def test_beside_labels_votes_are_evidence_and_the_label_column_is_changed_unless_asked(data: Path) -> None:
    text = data.read_text(encoding="utf-8").replace(f",{true(8)},", f",{TOPICS[0]},", 1)
    data.write_text(text.replace(f",{TOPICS[2]},", f",{TOPICS[0]},", 1), encoding="utf-8", newline="")
    workspace = run(data, label="label")
    session, rows = session_of(workspace), rows_of(workspace)
    (wrong,) = [item for item, row in rows.items() if row["given_label"] != true_of(item)][:1]
    assert rows[wrong]["proposed_label"] == true_of(wrong)
    perform(DECIDE, session, item_id=wrong, answer="label", label=true_of(wrong))
    with pytest.raises(SetupError, match="name that too"):
        perform(APPLY, session, distribution=True)
    before = data.read_bytes()
    changed = perform(APPLY, session).output.read_bytes()
    assert changed.splitlines()[0] == before.splitlines()[0] and changed != before
    kept = perform(APPLY, session, into="adjudicated").output.read_bytes()
    assert kept.splitlines()[0] == before.splitlines()[0] + b",adjudicated"


def test_a_run_on_votes_is_not_the_run_on_the_label_column(data: Path) -> None:
    votes, labels = run(data), run(data, label="label")
    assert votes.run.run_id != labels.run.run_id
    assert (votes.run.label_column, labels.run.label_column) == (" + ".join((*GOOD, *HASTY)), "label")
    assert run(data).run.run_id == votes.run.run_id


def test_a_file_of_votes_that_changes_begins_another_run(data: Path) -> None:
    with data.open(encoding="utf-8", newline="") as file:
        long = [(row["id"], who, row[who]) for row in csv.DictReader(file) for who in (*GOOD, *HASTY) if row[who]]
    file_of_votes = data.with_name("votes.csv")
    file_of_votes.write_text("\n".join(map(",".join, [("item_id", "annotator", "label"), *long])), encoding="utf-8")
    settings = Settings(
        text=("message",), id="id", votes=(str(file_of_votes),), embeddings=str(data.with_name("vectors.npy"))
    )
    first = closed_later(begin(data, settings))
    drive(first, no_progress)
    assert Snapshot.of(first).voted is not None and first.run.label_column == "votes.csv"
    changed = [(item, who, TOPICS[2] if item == "m4" else label) for item, who, label in long]
    file_of_votes.write_text("\n".join(map(",".join, [("item_id", "annotator", "label"), *changed])), encoding="utf-8")
    reopened = Workspace(first.store, first.run)
    with pytest.raises(DataError, match=r"The votes of .* have changed"):
        perform(APPLY, session_of(reopened))
    assert closed_later(begin(data, settings)).run.run_id != first.run.run_id

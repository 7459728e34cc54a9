"""Marks through the whole loop: scanned, judged, decided, applied, put back."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook

from errata.agent.actions.changing import APPLY, REVERT
from errata.agent.actions.deciding import DECIDE, DECIDE_REVIEWED, DECIDE_WHERE, READ_REVIEWED, UNDO
from errata.agent.actions.evaluating import EVALUATE
from errata.agent.actions.history import BLAME, DIFF
from errata.agent.actions.looking import SHOW
from errata.agent.actions.perform import perform
from errata.agent.actions.tables import RESULTS, WRITE_RESULTS
from errata.agent.drive import drive
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace
from errata.agent.views.status import describe, status_of
from errata.errors import DataError, SetupError
from errata.settings import Settings
from tests.by_hand import closed_later, session_of
from tests.conftest import Judge
from tests.topics import WORDS

ROWS = 240
DRAWN = [f"m{i}" for i in random.Random(1).sample(range(ROWS), 30)]
MISSING = tuple(name for name in DRAWN if int(name[1:]) % 2)
SUPERFLUOUS = tuple(name for name in DRAWN if name not in MISSING)
"""The former lack their first mark, the latter have one too many."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng, topics, vectors = random.Random(0), sorted(WORDS), []
    with (tmp_path / "mail.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "message", "tags"])
        for i in range(ROWS):
            true = [topics[i % 3], topics[(i + 1) % 3]] if i % 2 else [topics[i % 3]]
            text = " ".join(f"{' '.join(rng.choices(WORDS[topic].split(), k=5))} about {topic}" for topic in true)
            marks = true[1:] if f"m{i}" in MISSING else [*true, topics[(i + 2) % 3]] if f"m{i}" in SUPERFLUOUS else true
            writer.writerow([f"m{i}", text, "|".join(marks)])
            vectors.append([(topic in true) + rng.gauss(0, 0.05) for topic in topics])
    np.save(tmp_path / "vectors.npy", np.array(vectors, np.float32))
    return tmp_path / "mail.csv"


def run(data: Path, *judges: str) -> Workspace:
    settings = Settings(text=("message",), label="tags", id="id", separator="|", judge=judges)
    settings = settings.model_copy(update={"embeddings": str(data.with_name("vectors.npy"))})
    workspace = closed_later(begin(data, settings))
    drive(workspace, no_progress)
    return workspace


def proposed(workspace: Workspace) -> set[tuple[str, str, str]]:
    rows = perform(RESULTS, session_of(workspace))
    return {(row["item_id"], row["place"], row["proposed_label"]) for row in rows if row["outcome"] == "relabel"}


def wrong_marks(data: Path) -> set[tuple[str, str, str]]:
    topics = sorted(WORDS)
    lacking = {(item, topics[int(item[1:]) % 3], "marked") for item in MISSING}
    return lacking | {(item, topics[(int(item[1:]) + 2) % 3], "not marked") for item in SUPERFLUOUS}


def test_missing_and_superfluous_marks_are_proposed_apart(data: Path) -> None:
    workspace = run(data)
    found = proposed(workspace)
    right = wrong_marks(data) & found
    assert {label for _, _, label in right} == {"marked", "not marked"}
    assert len(right) > 0.7 * len(wrong_marks(data)) and len(right) > 0.8 * len(found)
    status = status_of(workspace)
    assert status["items"] == ROWS < status["labels"]
    assert f"{ROWS} items, " in describe(status)


def test_a_mark_is_decided_applied_and_put_back_by_its_place(data: Path) -> None:
    workspace, before = run(data), data.read_bytes()
    session = session_of(workspace)
    item, place, label = min(wrong_marks(data))
    with pytest.raises(DataError, match=r"has labels at .* Name one: --place"):
        perform(SHOW, session, item_id="m1")
    assert perform(SHOW, session, item_id=item, place=place)["place"] == place
    perform(DECIDE, session, item_id=item, place=place, answer="label", label=label)
    perform(DECIDE_WHERE, session, accept=True, where="proposed_label == 'not marked'")
    decided = {(line.item_id, line.place, str(line.new)) for line in perform(DIFF, session)}
    assert (item, place, label) in decided and len(decided) > 5
    applied = perform(APPLY, session)
    changed = [
        one != other for one, other in zip(before.splitlines(), applied.output.read_bytes().splitlines(), strict=True)
    ]
    assert sum(changed) == len({item for item, _, _ in decided})
    assert {row["place"] for row in perform(RESULTS, session) if row["status"] == "applied"} == {
        p for _, p, _ in decided
    }
    assert perform(BLAME, session, item_id=item)
    perform(REVERT, session)
    assert applied.output.read_bytes() == before
    perform(UNDO, session, where=f"item_id == '{item}' and place == '{place}'")
    assert (item, place, label) not in {(line.item_id, line.place, str(line.new)) for line in perform(DIFF, session)}


def test_a_judge_is_asked_whether_each_suspected_mark_holds_and_nothing_else(data: Path, judge: Judge) -> None:
    workspace = run(data, judge.spec)
    verdicts = Snapshot.of(workspace).verdicts
    assert {verdict.protocol for verdict in verdicts} == {"holds"} and all(verdict.place for verdict in verdicts)
    assert len({verdict.idx for verdict in verdicts}) == len(verdicts)
    assert len(wrong_marks(data) & proposed(workspace)) > 0.8 * len(wrong_marks(data))
    asked = len(judge.requests())
    again = run(data, judge.spec)
    assert len(judge.requests()) == asked and again.run.run_id == workspace.run.run_id


def test_what_was_decided_of_a_mark_holds_when_other_rows_change(data: Path) -> None:
    workspace = run(data)
    item, place, label = min(wrong_marks(data))
    perform(DECIDE, session_of(workspace), item_id=item, place=place, answer="label", label=label)
    workspace.close()
    data.write_bytes(data.read_bytes().replace(b"\r\nm101,", b"\r\nm101,some more "))
    again = run(data)
    rows = {row.spot: row.idx for row in again.rows()}
    assert list(again.decisions()) == [rows[item, place]]


def test_errors_are_not_planted_in_marks(data: Path) -> None:
    with pytest.raises(SetupError, match="here labels are multi"):
        perform(EVALUATE, session_of(run(data)), plant=20)


def test_marks_are_decided_in_a_spreadsheet(data: Path) -> None:
    workspace, sheet = run(data), data.with_name("review.xlsx")
    session = session_of(workspace)
    perform(WRITE_RESULTS, session, out=sheet)
    book = load_workbook(sheet)
    rows = book["review"]
    column = {cell.value: cell.column for cell in rows[1]}
    wanted = {(item, place): label for item, place, label in sorted(wrong_marks(data) & proposed(workspace))[:4]}
    for line in range(2, rows.max_row + 1):
        item, place = (rows.cell(line, column[name]).value for name in ("item_id", "place"))
        if (item, place) in wanted:
            rows.cell(line, column["decision"]).value = wanted[item, place]
    book.save(sheet)
    read = perform(READ_REVIEWED, session, path=sheet)
    perform(DECIDE_REVIEWED, session, path=sheet, sha256=read.sha256)
    assert {(line.item_id, line.place): line.new for line in perform(DIFF, session)} == wanted

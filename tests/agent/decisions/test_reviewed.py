"""A review sheet comes back: its decisions are looks at items, and nothing that has changed since is decided."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from errata.agent.decisions.approval import decide
from errata.agent.decisions.filled_in import Reviewed
from errata.agent.decisions.reviewed import CHANGED, decide_reviewed, read_reviewed
from errata.agent.run.workspace import Workspace
from errata.agent.views.review_sheet import write_review
from errata.errors import DataError, SetupError
from errata.types import Proposal
from tests.by_hand import ROWS, decided, make_run, somebody

SHEET = "review.xlsx"


def fill(path: Path, answers: Mapping[str, object]) -> None:
    """Type answers into the sheet, by item."""
    book = openpyxl.load_workbook(path)
    sheet = book["review"]
    place = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        item = sheet.cell(row, place["item_id"]).value
        if item in answers:
            sheet.cell(row, place["decision"]).value = answers[item]
    book.save(path)


def filled(folder: Path, answers: Mapping[str, object], rows: Any = ROWS, **how: Any) -> Workspace:
    workspace = make_run(folder, rows, **how)
    write_review(workspace, folder / SHEET)
    fill(folder / SHEET, answers)
    return workspace


def take(workspace: Workspace, folder: Path, name: str = "ann", sheet: str = SHEET) -> Reviewed:
    found = read_reviewed(workspace, folder / sheet, name)
    assert decide_reviewed(workspace, somebody(workspace, name), folder / sheet, found.sha256) == found
    return found


def test_decisions_are_looks_at_items_and_taken_once(tmp_path: Path) -> None:
    answers = {"a": "accept", "b": " Keep ", "c": "none of these", "d": "CAT"}
    workspace = filled(tmp_path, answers)
    found = take(workspace, tmp_path)
    assert (found.decided, found.changed, found.kept, found.others, found.blank) == (4, 2, 1, 1, 10)
    labels = {"a": ("label", "cat"), "b": ("label", "cat"), "c": ("none_of_these", None), "d": ("label", "cat")}
    assert decided(workspace) == labels
    assert {(d.looked, d.seeing, d.by) for d in workspace.decisions().values()} == {("item", "proposal", "ann")}
    again = take(workspace, tmp_path)
    assert (again.decided, again.already, again.not_taken) == (0, 4, ())
    assert len(list(workspace.store.events.read("decision"))) == 4


def test_a_person_may_correct_the_sheet_and_give_it_again(tmp_path: Path) -> None:
    workspace = filled(tmp_path, {"a": "accept", "b": "accept"})
    take(workspace, tmp_path)
    fill(tmp_path / SHEET, {"b": "keep"})
    found = take(workspace, tmp_path)
    assert (found.decided, found.already) == (1, 1)
    assert decided(workspace) == {"a": ("label", "cat"), "b": ("label", "cat")}  # b is a cat already


def test_what_changed_since_the_sheet_was_written_is_listed_and_not_taken(tmp_path: Path) -> None:
    workspace = filled(tmp_path, dict.fromkeys("abcd", "accept"))
    decide(workspace, somebody(workspace, "bob"), "b", "several")
    decide(workspace, somebody(workspace, "bob"), "c", "label", "dog")
    proposals = workspace.store.proposals(workspace.run.run_id)
    others = [proposals[i] for i in range(1, 14)]
    workspace.store.set_proposals(workspace.run.run_id, [Proposal(0, "several", None, 0.9, 0.0, "new"), *others])
    found = take(workspace, tmp_path)
    assert found.not_taken == (("a", CHANGED), ("b", "bob has decided it since the sheet was written"))
    assert (found.decided, found.already) == (1, 1)
    assert decided(workspace) == {"b": ("several", None), "c": ("label", "dog"), "d": ("label", "cat")}


def test_another_content_or_label_under_the_same_id_is_not_decided(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    filled(tmp_path / "old", {"a": "accept", "b": "accept", "c": "accept"})
    rows = [("a", "a purr", "dog"), ("b", "a bark", "dog"), *ROWS[2:]]
    workspace = make_run(tmp_path, rows)
    found = take(workspace, tmp_path / "old")
    assert found.not_taken == (("a", CHANGED), ("b", CHANGED)) and decided(workspace) == {"c": ("label", "dog")}


def test_a_decision_that_the_sheet_showed_can_be_overruled(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    decide(workspace, somebody(workspace, "bob"), "a", "several")
    write_review(workspace, tmp_path / SHEET)
    fill(tmp_path / SHEET, {"a": "cat"})
    assert take(workspace, tmp_path).decided == 1
    assert decided(workspace) == {"a": ("label", "cat")}


def test_what_is_no_answer_is_listed_with_the_nearest(tmp_path: Path) -> None:
    rows = [*ROWS, ("gold", "a neigh", "dog")]
    answers = {"a": "catt", "b": "accept", "c": "=1+1 ", "gold": "cat"}
    outcomes = ("relabel", "ambiguous", "relabel", "relabel", "relabel")
    workspace = filled(tmp_path, answers, rows, outcomes=outcomes)
    book = openpyxl.load_workbook(tmp_path / SHEET)
    sheet = book["review"]
    sheet["J4"].data_type = "s"
    for row in ([None, "x"], ["nobody", *[None] * 8, "cat"], ["d", *[None] * 8, "cat"], ["d", *[None] * 8, "dog"]):
        sheet.append(row)
    book.save(tmp_path / SHEET)
    why = dict(take(workspace, tmp_path).not_taken)
    assert why["a"] == "'catt' is no answer (nearest: 'cat')"
    assert why["b"] == "nothing is proposed that could be accepted"
    assert why["c"].startswith("'=1+1' is no answer")
    assert why["gold"] == "it is protected (--protect): its label never changes"
    assert why["nobody"] == "there is no such item in this run"
    assert why["d"] == "it has a decision in more than one row"
    assert decided(workspace) == {}


def test_labels_that_are_numbers_come_back_as_they_are(tmp_path: Path) -> None:
    rows = [("007", "x", "1"), ("b", "y", "2"), ("c", "z", "1")]
    workspace = filled(tmp_path, {"007": 2, "b": 1.0, "c": "2"}, rows, outcomes=("relabel",) * 3)
    assert take(workspace, tmp_path).changed == 3
    assert decided(workspace) == {"007": ("label", "2"), "b": ("label", "1"), "c": ("label", "2")}


def test_a_sheet_saved_as_csv_is_taken_as_well(tmp_path: Path) -> None:
    workspace = filled(tmp_path, {"a": "accept", "b": "several"})
    with (tmp_path / "review.csv").open("w", newline="", encoding="utf-16") as file:
        csv.writer(file, delimiter=";").writerows(openpyxl.load_workbook(tmp_path / SHEET)["review"].values)
    assert take(workspace, tmp_path, sheet="review.csv").decided == 2


def test_a_file_of_another_kind_and_one_that_changed_since_are_refused(tmp_path: Path) -> None:
    workspace = filled(tmp_path, {"a": "accept"})
    (tmp_path / "other.csv").write_text("item_id,decision\na,cat\n")
    with pytest.raises(DataError, match="no review sheet: it has no column 'errata_key'"):
        read_reviewed(workspace, tmp_path / "other.csv", "ann")
    with pytest.raises(SetupError, match="has no sheet 'review'"):
        book = openpyxl.Workbook()
        book.save(tmp_path / "other.xlsx")
        read_reviewed(workspace, tmp_path / "other.xlsx", "ann")
    agreed = read_reviewed(workspace, tmp_path / SHEET, "ann")
    fill(tmp_path / SHEET, {"b": "accept"})
    with pytest.raises(SetupError, match="has changed since it was read"):
        decide_reviewed(workspace, somebody(workspace), tmp_path / SHEET, agreed.sha256)
    assert decided(workspace) == {}

"""The review sheet: what it holds, in which order, and that nothing in it is a formula."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from errata.agent.decisions.approval import decide
from errata.agent.run.begin import begin
from errata.agent.views.review_sheet import LONGEST, write_review
from errata.errors import SetupError
from errata.settings import Settings
from errata.types import Proposal
from tests.by_hand import ROWS, closed_later, make_run, somebody
from tests.inputs import mail_rows, parquet_bytes

DANGER = "=cmd|' /C calc'!A0"
CELLS = ["=1+1", "+49 123", "@x\ty", "-5\x1b[2J"]


def book_of(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def rows_of(path: Path) -> list[dict[str, Any]]:
    names, *rows = book_of(path)["review"].iter_rows(values_only=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_it_holds_what_a_person_needs_the_open_ones_first(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, outcomes=("keep", "several", None, "relabel"), columns={"note": CELLS}, fill=1)
    decide(workspace, somebody(workspace), "b", "several")
    assert write_review(workspace, tmp_path / "review.xlsx", ["note"]) == 6
    rows = rows_of(tmp_path / "review.xlsx")
    assert [row["item_id"] for row in rows] == ["d", "a", "b", "c", "0 dog", "0 cat"]
    assert list(rows[0]) == [
        *("item_id", "data.content", "data.note", "given_label", "status", "outcome", "proposed_label"),
        *("confidence", "best_other_label", "reason", "decision", "errata_key"),
    ]
    first = rows[0]
    assert (first["data.content"], first["given_label"], first["proposed_label"]) == ("a moo", "dog", "cat")
    assert (first["reason"], first["confidence"], first["decision"]) == ("because I said so", 0.9, None)
    sheet = book_of(tmp_path / "review.xlsx")["review"]
    assert sheet.freeze_panes == "B2" and sheet.auto_filter.ref == "A1:L7"
    assert sheet.column_dimensions["L"].hidden and sheet.column_dimensions["B"].width == 60
    [choice] = sheet.data_validations.dataValidation
    assert (str(choice.sqref), choice.formula1, choice.type) == ("K2:K7", "answers!$A$2:$A$8", "list")


def test_nothing_from_the_data_is_a_formula_or_an_invisible_character(tmp_path: Path) -> None:
    rows = [("=a", DANGER, "=dog"), *ROWS[1:]]
    workspace = make_run(tmp_path, rows, columns={"note": CELLS}, fill=0)
    write_review(workspace, tmp_path / "review.xlsx", ["note"])
    book = book_of(tmp_path / "review.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds == {"s", "n"}
    texts = {cell.value: cell.number_format for row in book["review"].iter_rows(min_row=2) for cell in row}
    assert {texts[word] for word in (DANGER, "=a", "=dog", "=1+1")} == {"@"}
    assert "-5\\x1b[2J" in texts and "\x1b" not in "".join(map(str, texts))
    assert "=dog" in [cell.value for cell in book["answers"]["A"]]


def test_numbers_stay_numbers_unless_they_would_lose_digits(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, [("a", "x" * 40_000, "1"), ("b", "y", "2")], ("relabel",) * 2, fill=0)
    write_review(workspace, tmp_path / "review.xlsx")
    rows = rows_of(tmp_path / "review.xlsx")
    assert [row["given_label"] for row in rows] == ["1", "2"] and rows[0]["confidence"] == 0.9
    assert len(rows[0]["data.content"]) == LONGEST and rows[0]["data.content"].endswith("x…")


def test_a_label_that_is_spelled_like_an_answer_is_the_label(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, [("a", "x", "keep"), ("b", "y", "go")], ("relabel",) * 2, fill=0)
    write_review(workspace, tmp_path / "review.xlsx")
    answers = [cell.value for cell in book_of(tmp_path / "review.xlsx")["answers"]["A"]]
    assert answers == ["answer", "accept", "several", "none_of_these", "cannot_tell", "go", "keep"]


def test_without_the_extra_it_is_named_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = make_run(tmp_path)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(SetupError, match=r"errata-labels\[excel\]"):
        write_review(workspace, tmp_path / "review.xlsx")
    assert not (tmp_path / "review.xlsx").exists()


def test_an_image_that_is_in_the_data_itself_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(parquet_bytes(mail_rows(6), "images"))
    workspace = closed_later(begin(tmp_path / "x.parquet", Settings(text=("text",), image=("image",), label="label")))
    workspace.store.set_proposals(workspace.run.run_id, [Proposal(i, None, None, 1.0, 1.0, "") for i in range(6)])
    write_review(workspace, tmp_path / "review.xlsx")
    row = rows_of(tmp_path / "review.xlsx")[0]
    assert row["data.text"] == workspace.dataset.texts([0])[0] and "data.image" not in row

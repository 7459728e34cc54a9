"""--split: copies across splits are told, and the labels of a test split stay unless asked."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.command import errata
from tests.inputs import mail_rows

COUNT = 60


def split_of(row: int) -> str:
    return "test" if row % 4 == 3 else "train"


def write(path: Path, splits: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        made = rows or mail_rows(COUNT, wrong=8)
        csv.writer(file).writerows(
            [("id", "text", "label", "part"), *((*row, part) for row, part in zip(made, splits, strict=True))]
        )
    return path


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """Rows 3 and 7 are in the test split and copied into train, row 7 with one word more; 8 labels are wrong."""
    rows = [list(row) for row in mail_rows(COUNT, wrong=8)]
    rows[0][1], rows[4][1] = rows[3][1], rows[7][1] + " today"
    return write(tmp_path / "mail.csv", [split_of(row) for row in range(COUNT)], rows)


def scanned(data: Path, *options: str) -> dict[str, object]:
    found = errata("scan", data, *OPTIONS, *options, "--json").json
    assert isinstance(found, dict)
    return found


OPTIONS = ("--text", "text", "--label", "label", "--id", "id", "--embedder", "plain", "--split", "part")


def test_copies_across_splits_are_told(mail: Path) -> None:
    found = scanned(mail)
    assert found["leaks"] == [{"split": "test", "other": "train", "items": 2, "of": 15, "exact": 1}]
    said = "2 of the 15 items of 'test' have copies in 'train' (1 exact, 1 near)"
    assert said in errata("status", mail).out
    errata("report", mail)
    assert said.replace("'", "&#39;") in mail.with_suffix(".errata").joinpath("report.html").read_text("utf-8")


def test_the_test_split_is_scanned_and_never_changes(mail: Path) -> None:
    assert any("15 rows of the split 'test' are protected" in str(line) for line in scanned(mail)["remarks"])  # type: ignore[attr-defined]
    rows = {row["item_id"]: row for row in errata("results", mail, "--json").json}
    assert rows["m3"]["status"] == "scanned" and rows["m3"]["quality"] is not None
    errata("decide", mail, "--accept", "--where", "outcome == 'relabel'", "--as", "ann")
    changed = {line["item_id"] for line in errata("diff", mail, "--json").json}
    assert changed and not any(split_of(int(name[1:])) == "test" for name in changed)


def test_a_split_that_may_be_fixed_is_named(mail: Path) -> None:
    assert not any("protected" in str(line) for line in scanned(mail, "--fix-split", "test")["remarks"])  # type: ignore[attr-defined]
    errata("decide", mail, "--accept", "--where", "outcome == 'relabel'", "--as", "ann")
    changed = {line["item_id"] for line in errata("diff", mail, "--json").json}
    assert changed & {"m3", "m7"}


def test_a_split_that_is_not_there_or_has_no_column_is_refused(mail: Path) -> None:
    wrong = errata("scan", mail, *OPTIONS, "--fix-split", "tset")
    assert wrong.code == 2 and "nearest: 'test'" in wrong.words
    bare = errata("scan", mail, *OPTIONS[:-2], "--fix-split", "test")
    assert bare.code == 2 and "--split COL" in bare.words
    missing = errata("scan", mail, *OPTIONS[:-1], "prat")
    assert missing.code == 2 and "nearest: 'part'" in missing.words


def test_a_split_of_one_class_is_told(tmp_path: Path) -> None:
    rows = mail_rows(COUNT, wrong=0)
    splits = ["dev-2" if label == "sport" and row < 30 else "train" for row, (_, _, label) in enumerate(rows)]
    found = scanned(write(tmp_path / "mail.csv", splits, rows))
    remarks = " ".join(map(str, found["remarks"]))  # type: ignore[call-overload]
    assert "the split 'dev-2' holds one class only, 'sport'" in remarks
    assert "10 rows of the split 'dev-2' are protected" in remarks and "--fix-split dev-2" in remarks


def test_a_run_without_splits_is_the_run_that_it_was(mail: Path) -> None:
    first = errata("scan", mail, *OPTIONS[:-2], "--json").json
    assert first["leaks"] == [] and first["run_id"] == errata("scan", mail, *OPTIONS[:-2], "--json").json["run_id"]

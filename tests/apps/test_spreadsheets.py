"""The whole loop on files of spreadsheet programs: a workbook, and CSV files that are not UTF-8."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests.agent.decisions.test_reviewed import fill
from tests.command import errata
from tests.topics import write_topics

SCAN = ("--text", "message", "--label", "topic", "--id", "id", "--embedder", "plain")
BY_RULE = ("--accept", "--where", "quality < 0.5")


def rows_of(folder: Path, *more: str) -> list[list[str]]:
    write_topics(folder / "plain.csv", rows=60, wrong=4)
    with (folder / "plain.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    (folder / "plain.csv").unlink()
    return [[*head, "note"], *([*row, more[i % len(more)]] for i, row in enumerate(rows))]


def test_a_workbook_is_scanned_reviewed_in_a_sheet_applied_and_reverted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "mails"
    for row in rows_of(tmp_path, "x", "=1+1"):
        book.active.append(row)
        book.active.cell(book.active.max_row, 4).data_type = "s"
    book.create_sheet("other")
    book.save(tmp_path / "mail.xlsx")
    source = (tmp_path / "mail.xlsx").read_bytes()
    said = errata("scan", "mail.xlsx", *SCAN, cwd=tmp_path)
    assert said.code == 2 and "has 2 sheets: 'mails', 'other'. Which one? Pass --sheet NAME" in said.err
    said = errata("scan", "mail.xlsx", *SCAN, "--sheet", "mails", cwd=tmp_path)
    assert said.code == 0 and "Only the sheet 'mails' is read" in said.words
    said = errata("results", "-o", "review.xlsx", "--with", "note", cwd=tmp_path)
    assert "60 rows written to review.xlsx; decide in it, then: errata decide --from review.xlsx" in said.out
    fill(tmp_path / "review.xlsx", {"m0": "accept", "m1": "accept", "m2": "keep", "m9": "animal"})
    said = errata("decide", "--from", "review.xlsx", "--as", "ann", cwd=tmp_path)
    assert said.code == 2 and "review.xlsx: 3 decisions (2 change a label, 1 keep it" in said.out
    assert "1 not taken:\n  m9: 'animal' is no answer (nearest: 'animals')" in said.out
    assert "To record 3 decisions without being asked: errata decide --from review.xlsx --as ann --yes" in said.err
    assert errata("diff", "--json", cwd=tmp_path).json == []
    said = errata("decide", "--from", "review.xlsx", "--as", "ann", "--yes", "--json", cwd=tmp_path)
    assert (said.json["decided"], said.json["not_taken"][0]["item_id"]) == (3, "m9")
    assert errata("decide", "--from", "review.xlsx", "--as", "ann", "--json", cwd=tmp_path).json["already"] == 3
    changes = {change["item_id"]: change["new"] for change in errata("diff", "--json", cwd=tmp_path).json}
    assert changes.keys() == {"m0", "m1"}
    assert errata("apply", "--annotate", cwd=tmp_path).code == 0
    before, after = (pd.read_excel(tmp_path / name, "mails") for name in ("mail.xlsx", "mail.relabeled.xlsx"))
    changed = before.assign(
        topic=[changes.get(i, topic) for i, topic in zip(before["id"], before["topic"], strict=True)]
    )
    assert after[list(before)].equals(changed)
    assert after["errata_decision"].tolist()[:3] == ["label"] * 3
    assert "identical to the source: yes" in errata("revert", cwd=tmp_path).out
    assert (tmp_path / "mail.relabeled.xlsx").read_bytes() == source == (tmp_path / "mail.xlsx").read_bytes()


@pytest.mark.parametrize("edited", [False, True])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_csv_that_is_not_utf_8_comes_back_in_the_same_bytes(tmp_path: Path, encoding: str, edited: bool) -> None:
    text = "\r\n".join(";".join(row) for row in rows_of(tmp_path, "M\u00fcll", "x")).replace("travel;", "B\u00fcro;")
    source = text.encode(encoding)
    (tmp_path / "mail.csv").write_bytes(source)
    said = errata("scan", "mail.csv", *SCAN, cwd=tmp_path)
    assert said.code == 0 and f"is read as {encoding}" in said.words
    assert errata("decide", *BY_RULE, cwd=tmp_path).code == 0
    changes = {change["item_id"]: change["new"] for change in errata("diff", "--json", cwd=tmp_path).json}
    assert errata("apply", cwd=tmp_path).code == 0
    out = tmp_path / "mail.relabeled.csv"
    before, after = (pd.read_csv(path, sep=";", encoding=encoding) for path in (tmp_path / "mail.csv", out))
    assert len(changes) > 1 and "B\u00fcro" in changes.values()
    assert after.equals(
        before.assign(topic=[changes.get(i, t) for i, t in zip(before["id"], before["topic"], strict=True)])
    )
    if edited:  # so that revert puts each label back, and nothing tells the encoding but the patch
        end = "\u00e8".encode(encoding.replace("16", "16-le"))
        out.write_bytes(out.read_bytes() + end)
        source += end
    assert errata("revert", cwd=tmp_path).code == 0
    assert out.read_bytes() == source


@pytest.mark.parametrize("edited", [False, True])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_marks_in_columns_of_such_a_csv_come_back_too(tmp_path: Path, encoding: str, edited: bool) -> None:
    rows = [[str(int(i % 2 == 0)), str(int(i % 3 == 0)), f"M\u00fcll {i}"] for i in range(60)]
    source = "\r\n".join(";".join(row) for row in [["waste", "paper", "message"], *rows]).encode(encoding)
    (tmp_path / "m.csv").write_bytes(source)
    marks = ("--text", "message", "--mark", "waste", "--mark", "paper", "--embedder", "plain")
    assert errata("scan", "m.csv", *marks, cwd=tmp_path).code == 0
    errata("results", "-o", "review.xlsx", cwd=tmp_path)
    book = openpyxl.load_workbook(tmp_path / "review.xlsx")
    head = [cell.value for cell in book["review"][1]]
    given = book["review"].cell(2, head.index("given_label") + 1).value
    book["review"].cell(2, head.index("decision") + 1).value = "marked" if given == "not marked" else "not marked"
    book.save(tmp_path / "review.xlsx")
    assert errata("decide", "--from", "review.xlsx", "--yes", "--json", cwd=tmp_path).json["decided"] == 1
    out = tmp_path / "m.relabeled.csv"
    assert errata("apply", cwd=tmp_path).code == 0
    assert "M\u00fcll 0" in out.read_bytes().decode(encoding) and out.read_bytes() != source
    if edited:  # so that revert puts each mark back, and nothing tells the encoding but the patch
        end = "\u00e8".encode(encoding.replace("16", "16-le"))
        out.write_bytes(out.read_bytes() + end)
        source += end
    assert errata("revert", cwd=tmp_path).code == 0 and out.read_bytes() == source


@pytest.mark.parametrize("kind", ["votes", "pair"])
def test_a_workbook_without_a_label_column_gets_one_and_loses_it(tmp_path: Path, kind: str) -> None:
    book = openpyxl.Workbook()
    for i, row in enumerate(rows_of(tmp_path, "about travel", "about animals")):
        book.active.append([*row, *(("ann", "bob") if not i else (row[2], row[2] if i % 7 else "food"))])
    book.save(tmp_path / "mail.xlsx")
    source = (tmp_path / "mail.xlsx").read_bytes()
    options = {
        "votes": ("--text", "message", "--votes", "ann", "--votes", "bob"),
        "pair": ("--text", "message", "--text", "note", "--task", "pair"),
    }[kind]
    said = errata("scan", "mail.xlsx", *options, "--id", "id", "--embedder", "plain", cwd=tmp_path)
    assert said.code == 0, said.err
    given = errata("results", "--json", cwd=tmp_path).json[8]
    assert errata("apply", "--into", "agreed", cwd=tmp_path).code == 0
    after = pd.read_excel(tmp_path / "mail.relabeled.xlsx")
    assert after["agreed"].tolist()[8] == given["given_label"] and len(after) == 60
    assert errata("revert", cwd=tmp_path).code == 0
    assert (tmp_path / "mail.relabeled.xlsx").read_bytes() == source

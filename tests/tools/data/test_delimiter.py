"""The delimiter of a CSV file is detected from its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from errata.errors import DataError, SetupError
from errata.tools.data import Columns, Edit, open_dataset, write_labels
from errata.tools.data.delimiter import CHARACTERS
from errata.tools.data.formats import read_table


def names(path: Path, header: str, row: str, delimiter: str | None = None) -> tuple[str, ...]:
    path.write_text("\n".join([header, *[row] * 5]) + "\n")
    return read_table(path, delimiter).names


@pytest.mark.parametrize(
    ("header", "row", "cells"),
    [
        ("id,text;with;semicolons;in;it,label", "1,x,a", 3),
        ("id;text, with, commas;label", "1;x;a", 3),
        ("text;score;label", "x, y;1,5;a", 3),
        ("text|label", "x, y; z|a", 2),
        ("text\tlabel", "x, y, z\ta", 2),
        ("text,label", '"x;y;z",a;b', 2),
        ("label", "a", 1),
    ],
)
def test_the_delimiter_is_the_one_on_which_the_rows_agree(tmp_path: Path, header: str, row: str, cells: int) -> None:
    assert len(names(tmp_path / "a.csv", header, row)) == cells


def test_of_two_that_fit_equally_the_ending_says_which(tmp_path: Path) -> None:
    assert names(tmp_path / "a.csv", "a\tb,c", "1\t2,3") == ("a\tb", "c")
    assert names(tmp_path / "a.tsv", "a\tb,c", "1\t2,3") == ("a", "b,c")


@pytest.mark.parametrize(("word", "char"), [(":", ":"), ("tab", "\t"), ("\\t", "\t"), ("pipe", "|")])
def test_a_delimiter_that_is_named_is_used(tmp_path: Path, word: str, char: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text{char}label\n" + f"x,y{char}a\nz,w{char}b\n")
    dataset = open_dataset(path, Columns("label", ("text",)), delimiter=word)
    write_labels(dataset, {0: Edit("a", "b")}, tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text().splitlines()[1] == f"x,y{char}b"


@pytest.mark.parametrize("word", ["", "ab", '"', "\n", "\r", "\0", " ", "x", "7", "\u00a6"])
def test_what_can_be_no_delimiter_is_refused(tmp_path: Path, word: str) -> None:
    with pytest.raises(SetupError, match="--delimiter takes one character"):
        names(tmp_path / "a.csv", "text,label", "x,a", word)


def test_a_delimiter_is_for_csv_files_alone(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n")
    with pytest.raises(SetupError, match="--delimiter is for CSV files"):
        read_table(tmp_path / "a.jsonl", ";")


def test_a_file_whose_rows_disagree_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nx,a\ny,b\nz,w,a\n")
    with pytest.raises(DataError, match=r"line 4: 3 cells, but the header has 2.*--delimiter"):
        read_table(tmp_path / "a.csv")


def test_a_file_that_was_not_cut_at_all_asks_for_its_delimiter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text:label\nx:a\ny:b\n")
    with pytest.raises(DataError, match=r"no column 'label'.*--delimiter"):
        open_dataset(tmp_path / "a.csv", Columns("label", ("text",)))


def test_a_header_longer_than_the_sample_is_read(tmp_path: Path) -> None:
    found = names(tmp_path / "a.csv", f"text;label;{'h' * CHARACTERS}", "x, y;a;1")
    assert found[:2] == ("text", "label")

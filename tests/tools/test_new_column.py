"""Labels that go into a new column: the given ones, and votes, stay as they are."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.errors import DataError, PatchConflict
from errata.tools import patch as patches
from errata.tools.data import Columns, Dataset, open_dataset
from errata.tools.patch import Patch, PatchLine

VOTES = [["1", "1", "2"], ["2", "2", "1"], ["2", "2", "2"], ["1", "1", "1"]]
ONLY = Columns(None, ("text",), votes=("a", "b", "c"))
BESIDE = Columns("label", ("text",), votes=("a", "b", "c"))
Reader = Callable[[Path], list[dict[str, Any]]]


def table(number: type = str) -> dict[str, list[Any]]:
    people = {who: [number(row[n]) for row in VOTES] for n, who in enumerate("abc")}
    return {"text": [f"t, {n}" for n in range(4)], "label": [number(1), number(2), number(1), number(1)], **people}


def csv_file(folder: Path) -> Path:
    columns = table()
    lines = [",".join(columns), *(",".join(f'"{cell}"' for cell in row) for row in zip(*columns.values(), strict=True))]
    (folder / "a.csv").write_bytes("\r\n".join(lines).encode())
    return folder / "a.csv"


def jsonl_file(folder: Path) -> Path:
    columns = table(int)
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    return folder / "a.jsonl"


def parquet_file(folder: Path) -> Path:
    pq.write_table(pa.table(table(int)), folder / "a.parquet")
    return folder / "a.parquet"


def read_csv(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def read_parquet(path: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(path).to_pylist())


FORMATS = [(csv_file, read_csv), (jsonl_file, read_jsonl), (parquet_file, read_parquet)]
each_format = pytest.mark.parametrize(("make", "read"), FORMATS, ids=["csv", "jsonl", "parquet"])


def changed(dataset: Dataset, into: str = "adjudicated") -> Patch:
    line = PatchLine(
        item_id="1", row=1, content_sha=dataset.content_shas[1], old=dataset.cells[1], new="1", decision="x" * 8
    )
    return patches.make(dataset, [line], into=into)


@each_format
@pytest.mark.parametrize("columns", [ONLY, BESIDE], ids=["votes", "votes and labels"])
def test_the_new_column_holds_all_labels_as_decided_and_the_others_are_as_they_were(
    tmp_path: Path, make: Callable[[Path], Path], read: Reader, columns: Columns
) -> None:
    path, out = make(tmp_path), tmp_path / f"out{make(tmp_path).suffix}"
    dataset, before = open_dataset(path, columns), read(path)
    kind = type(before[0]["a"])
    applied = patches.apply(changed(dataset), dataset, out)
    given = [1, 2, 2, 1] if columns is ONLY else [1, 2, 1, 1]
    expected = [kind(label) for label in (given[0], 1, *given[2:])]
    assert read(out) == [row | {"adjudicated": label} for row, label in zip(before, expected, strict=True)]
    assert applied.header.annotations == ("adjudicated",)
    patches.revert(applied, open_dataset(out, columns, allow_one_label=True), tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == path.read_bytes() or path.suffix == ".parquet"
    assert read(tmp_path / "back") == before


@each_format
def test_exact_bytes_come_back_from_the_source(tmp_path: Path, make: Callable[[Path], Path], read: Reader) -> None:
    path, out = make(tmp_path), tmp_path / f"out{make(tmp_path).suffix}"
    applied = patches.apply(changed(open_dataset(path, ONLY)), open_dataset(path, ONLY), out)
    applied.write(tmp_path / "p.jsonl")
    again = Patch.read(tmp_path / "p.jsonl")
    assert again == applied and again.header.into == "adjudicated"
    patches.revert(again, open_dataset(out, ONLY, allow_one_label=True), tmp_path / "back", path)
    assert (tmp_path / "back").read_bytes() == path.read_bytes()


def test_a_column_that_exists_is_never_written_over(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has a column 'label' already: name a new one with --into COL"):
        changed(open_dataset(csv_file(tmp_path), ONLY), into="label")


def test_what_others_wrote_into_the_new_column_is_not_thrown_away(tmp_path: Path) -> None:
    dataset, out = open_dataset(csv_file(tmp_path), ONLY), tmp_path / "out.csv"
    applied = patches.apply(changed(dataset), dataset, out)
    written = out.read_bytes()
    out.write_bytes(written.replace(b',"1",1\r\n"t, 2"', b',"1",2\r\n"t, 2"'))
    assert out.read_bytes() != written
    with pytest.raises(PatchConflict, match=r"column 'adjudicated' .* row 1 holds '2', not '1'"):
        patches.revert(applied, open_dataset(out, ONLY, allow_one_label=True), tmp_path / "back.csv")
    out.write_bytes(csv_file(tmp_path).read_bytes())
    with pytest.raises(PatchConflict, match="has no column 'adjudicated' any more"):
        patches.revert(applied, open_dataset(out, ONLY), tmp_path / "back.csv")

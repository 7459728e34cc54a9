"""The results table: columns that people filter in a spreadsheet mean what they say."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from errata.agent.decisions.by_rule import decide_where
from errata.agent.views.results import COLUMNS, result_rows, write_results
from errata.errors import DataError, SetupError
from errata.types import Outcome, Proposal
from tests.by_hand import ROWS, make_run, somebody

SIX = [*ROWS, ("e", "a neigh", "dog"), ("f", "a hiss", "cat")]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_label_is_proposed_by_relabel_alone_and_ambiguous_is_never_sure(tmp_path: Path) -> None:
    outcomes: list[Outcome | None] = ["relabel", "several", "none_of_these", "keep", "ambiguous", None]
    table = result_rows(make_run(tmp_path, SIX, outcomes, fill=0))
    assert [row["proposed_label"] for row in table] == ["cat", None, None, None, None, None]
    assert [row["confidence"] for row in table] == [0.9, 0.9, 0.9, 0.9, None, None]
    assert [row["best_other_label"] for row in table] == ["cat", "dog", "dog", "cat", "cat", "dog"]
    assert list(table[0]) == list(COLUMNS)


def test_a_rule_on_confidence_passes_by_what_is_ambiguous(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, outcomes=("ambiguous", "relabel", None, "several"), fill=0)
    done = decide_where(workspace, somebody(workspace), False, "confidence <= 1")
    assert (done.decided, sorted(workspace.decisions())) == (2, [1, 3])


def test_columns_of_the_data_are_added_under_names_that_cannot_clash(tmp_path: Path) -> None:
    own: dict[str, Sequence[object]] = {
        "outcome": ["x", "", "y", "=1"],
        "odd name": [1, 2, 3, 4],
        "not asked for": ["-"] * 4,
    }
    workspace = make_run(tmp_path, columns=own, fill=0)
    rows = result_rows(workspace, ["outcome", "odd name"])
    assert [row["data.outcome"] for row in rows] == ["x", None, "y", "=1"]
    assert rows[0]["outcome"] == "relabel" and "data.not asked for" not in rows[0]
    for ending in (".csv", ".jsonl", ".parquet"):
        assert write_results(workspace, tmp_path / f"out{ending}", ["odd name"]) == 4
    assert read(tmp_path / "out.csv")[0]["data.odd name"] == "1"
    with pytest.raises(DataError, match="nearest: 'outcome'"):
        result_rows(workspace, ["outcom"])


def test_formulas_stay_as_they_are_unless_they_are_to_be_escaped(tmp_path: Path) -> None:
    cells = ["=1+1", "-5", "+49 123", "@x\ty"]
    workspace = make_run(tmp_path, [("a", "x", "=cmd|' /C calc'!A0"), *ROWS[1:]], columns={"note": cells}, fill=0)

    def written(name: str, **how: bool) -> list[dict[str, str]]:
        write_results(workspace, tmp_path / name, ["note"], **how)
        return read(tmp_path / name)

    assert [row["data.note"] for row in written("as_is.csv")] == cells
    safe = written("safe.csv", escape_formulas=True)
    assert [row["data.note"] for row in safe] == ["'=1+1", "-5", "'+49 123", "'@x\ty"]
    assert safe[0]["given_label"].startswith("'=cmd") and safe[0]["quality"] == "0"
    with pytest.raises(SetupError, match=r"\.csv"):
        write_results(workspace, tmp_path / "out.jsonl", escape_formulas=True)


def test_values_of_every_kind_are_written_and_bytes_are_refused_by_name(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from errata.agent.run.begin import begin
    from errata.settings import Settings

    own = {
        "when": pa.array([0, 1, None, 3], pa.timestamp("s")),
        "tags": [["a"], [], None, ["\u732b"]],
        "weight": [0.5, float("nan"), float("inf"), 2.0],
        "mixed": pa.array([2**60 + 1, 2, 3, 4]),
        "raw": [b"x"] * 4,
    }
    path = tmp_path / "d.parquet"
    pq.write_table(pa.table({"content": list("wxyz"), "label": ["a", "b"] * 2} | own), path)
    workspace = begin(path, Settings(text=("content",), label="label"))
    workspace.store.set_proposals(workspace.run.run_id, [Proposal(i, None, "b", 0.5, 0.5, "") for i in range(4)])
    names = ["when", "tags", "weight", "mixed"]
    for ending in (".csv", ".jsonl", ".parquet"):
        write_results(workspace, tmp_path / f"out{ending}", names)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["data.when"] for row in rows][:3] == ["1970-01-01T00:00:00", "1970-01-01T00:00:01", None]
    assert [row["data.tags"] for row in rows] == ['["a"]', "[]", None, '["\u732b"]']
    assert [row["data.weight"] for row in rows] == [0.5, None, "inf", 2.0]
    assert pq.read_table(tmp_path / "out.parquet")["data.mixed"].to_pylist()[0] == 2**60 + 1
    with pytest.raises(DataError, match="column 'raw' holds bytes"):
        result_rows(workspace, ["raw"])


def test_a_table_never_overwrites_the_source_or_a_foreign_file(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, fill=0)
    source, other = (tmp_path / "d.csv").read_bytes(), tmp_path / "other.csv"
    other.write_bytes(b"own")
    for out, words in ((tmp_path / "d.csv", "the source itself"), (other, "not errata's")):
        with pytest.raises(SetupError, match=words):
            write_results(workspace, out)
    assert (tmp_path / "d.csv").read_bytes() == source and other.read_bytes() == b"own"
    write_results(workspace, other, force=True)
    assert write_results(workspace, other) == 4 and other.read_bytes() != b"own"
    assert [file.read_bytes() for file in workspace.folder.backups.iterdir() if file.is_file()] == [b"own"]

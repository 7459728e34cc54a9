"""What the command line says about labels: on stderr before they are used, and in its exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from errata.apps.cli import main
from tests.topics import write_topics

COLUMNS = ("--text", "message", "--label", "topic", "--embedder", "plain")
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """The exit code, the output and the errors of a command line."""

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["errata", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


def data(folder: Path, change: Callable[[int, list[str]], list[str]]) -> Path:
    """150 rows, the first 6 of them wrong, with their cells changed row by row."""
    write_topics(folder / "mail.csv", wrong=6)
    head, *lines = (folder / "mail.csv").read_text().splitlines()
    changed = [",".join(change(i, line.split(","))) for i, line in enumerate(lines)]
    (folder / "mail.csv").write_text("\n".join([head, *changed]) + "\n")
    return folder / "mail.csv"


def test_minus_one_is_reported_and_means_no_label_once_declared(tmp_path: Path, typed: Typed) -> None:
    numbers = {"animals": "0", "food": "1", "travel": "2"}
    path = data(tmp_path, lambda i, row: [*row[:2], "-1" if i % 10 == 7 else numbers[row[2]]])
    code, out, err = typed("scan", path, *COLUMNS)
    assert code == 0 and "no label" not in out
    assert err.startswith("errata: 15 of 150 labels are '-1', which often means 'no label'")
    assert "pass --no-label -1" in err
    assert "15 of 150 labels are '-1'" in typed("status", path)[1]
    code, out, _ = typed("scan", path, *COLUMNS, "--no-label", "-1", "--run", tmp_path / "other", "--json")
    found = json.loads(out)
    assert code == 0 and found["remarks"] == []
    assert found["left_out"]["sentence"] == "15 of 150 rows have no label"


def test_classes_called_none_and_null_are_classes_without_a_remark(tmp_path: Path, typed: Typed) -> None:
    names = {"animals": "None", "food": "NA", "travel": "null"}
    path = data(tmp_path, lambda i, row: [*row[:2], names[row[2]]])
    code, out, err = typed("scan", path, *COLUMNS, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["open"], found["remarks"]) == (6, [])


def test_a_column_of_ids_exits_2_before_any_array_is_made_unless_that_is_meant(tmp_path: Path, typed: Typed) -> None:
    path = data(tmp_path, lambda i, row: [*row[:2], f"order {i % 80}"])
    code, _, err = typed("scan", path, *COLUMNS)
    assert code == 2 and "80 labels in 150 rows: is this a column of classes?" in err
    assert not path.with_suffix(".errata").exists()
    assert typed("scan", path, *COLUMNS, "--many-labels")[0] == 0


def test_probabilities_in_another_order_exit_2_with_both_orders(tmp_path: Path, typed: Typed) -> None:
    path = data(tmp_path, lambda i, row: row)
    np.save(tmp_path / "p.npy", np.roll(np.eye(3)[np.arange(150) % 3] * 0.7 + 0.1, 1, axis=1))
    code, _, err = typed("scan", path, *COLUMNS, "--detectors", "confident_learning", "--probs", tmp_path / "p.npy")
    assert code == 2
    assert (
        "In the order expected, animals, food, travel, " in err and "in the order travel, animals, food, in 144" in err
    )


def test_a_file_with_another_delimiter_is_read_when_it_is_named(tmp_path: Path, typed: Typed) -> None:
    path = data(tmp_path, lambda i, row: row)
    path.write_text(path.read_text().replace(",", "~"))
    code, _, err = typed("scan", path, *COLUMNS)
    assert code == 2 and "--delimiter" in err
    code, out, _ = typed("scan", path, *COLUMNS, "--delimiter", "~", "--json")
    assert (code, json.loads(out)["items"]) == (0, 150)


def test_a_record_of_another_shape_is_skipped_named_and_counted(tmp_path: Path, typed: Typed) -> None:
    path = data(tmp_path, lambda i, row: row)
    keys, *rows = (line.split(",") for line in path.read_text().splitlines())
    records = [json.dumps(dict(zip(keys, row, strict=True))) for row in rows]
    path = tmp_path / "mail.jsonl"
    path.write_text("\n".join([*records[:20], '{"meta": {"version": 2}}', *records[20:]]) + "\n\n  \n")
    code, out, _ = typed("scan", path, *COLUMNS)
    assert code == 0
    assert "left out  1 of 151 rows is a record of another shape" in out
    assert "skipped   1 unreadable: 20" in out

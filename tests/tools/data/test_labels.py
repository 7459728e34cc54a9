"""Labels in every form that columns have: whole floats are classes and keep their form; blank cells are no label;
columns of measurements or of all different values are not classes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.errors import DataError
from errata.tools.data import Columns, Dataset, Edit, open_dataset, write_labels

TEXT = Columns("label", ("text",))


def csv(path: Path, labels: Sequence[object]) -> Path:
    path.write_text("text,label\n" + "".join(f"text {i},{label}\n" for i, label in enumerate(labels)))
    return path


def jsonl(path: Path, labels: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps({"text": f"text {i}", "label": x}) + "\n" for i, x in enumerate(labels)))
    return path


def parquet(path: Path, labels: Sequence[object]) -> Path:
    pq.write_table(pa.table({"text": [f"text {i}" for i in range(len(labels))], "label": labels}), path)
    return path


def changed(dataset: Dataset, row: int, new: str, out: Path) -> dict[int, str]:
    return write_labels(dataset, {row: Edit(dataset.cells[row], new)}, out)


@pytest.mark.parametrize(
    ("cells", "names", "new"),
    [
        (["1.0", "0.0", "2.0", "", "0.0"], ("0", "1", "2"), "2.0"),
        (["1.00", "0.00", "2.00", "", "0.00"], ("0", "1", "2"), "2.00"),
        (["1.000000e+00", "0.000000e+00", "2.000000e+00"], ("0", "1", "2"), "2.000000e+00"),
        (["1.0", "2.0", "nan", "nan", "1.0"], ("1", "2", "nan"), "2.0"),
        (["1", "2.0", "2.0", "1", "1"], ("1", "2"), "2.0"),
    ],
)
def test_whole_floats_of_a_csv_are_classes_and_are_written_as_they_are_spelled(
    tmp_path: Path, cells: list[str], names: tuple[str, ...], new: str
) -> None:
    path = csv(tmp_path / "a.csv", cells)
    before, dataset = path.read_bytes(), open_dataset(path, TEXT)
    assert dataset.label_space.names == names
    raw = changed(dataset, 0, "2", path)
    assert path.read_text().splitlines()[1] == f"text 0,{new}"
    again = open_dataset(path, TEXT)
    assert again.cells == ("2", *dataset.cells[1:])
    write_labels(again, {0: Edit("2", "1", raw[0])}, path)
    assert path.read_bytes() == before


def test_a_label_that_no_row_of_a_csv_of_floats_bears_is_spelled_like_them(tmp_path: Path) -> None:
    path, names = csv(tmp_path / "a.csv", ["1.0", "2.0"]), tmp_path / "labels.toml"
    names.write_text("[labels.1]\n[labels.2]\n[labels.3]\n[labels.other]\n")
    for label, cell in {"3": "3.0", "other": "other"}.items():
        changed(open_dataset(path, TEXT, names), 0, label, tmp_path / "out.csv")
        assert (tmp_path / "out.csv").read_text().splitlines()[1] == f"text 0,{cell}"


@pytest.mark.parametrize(("labels", "new"), [([1.0, 2.0, None, 2.0], "2.0"), ([1.0, 2, 2, float("nan")], "2")])
def test_whole_floats_of_json_lines_are_classes_and_stay_numbers(
    tmp_path: Path, labels: list[object], new: str
) -> None:
    path = jsonl(tmp_path / "a.jsonl", labels)
    before, dataset = path.read_bytes(), open_dataset(path, TEXT)
    assert dataset.label_space.names == ("1", "2")
    assert dataset.left_out.without_label == 1
    raw = changed(dataset, 0, "2", path)
    assert f'"label": {new}}}' in path.read_text().splitlines()[0]
    write_labels(open_dataset(path, TEXT, allow_one_label=True), {0: Edit("2", "1", raw[0])}, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.float16()])
def test_a_parquet_column_of_whole_floats_stays_one(tmp_path: Path, kind: pa.DataType) -> None:
    path = parquet(tmp_path / "a.parquet", pa.array([0.0, 1.0, None, float("nan"), 2.0, 1.0]).cast(kind))
    before, dataset = pq.read_table(path), open_dataset(path, TEXT)
    assert dataset.cells == ("0", "1", None, None, "2", "1")
    raw = changed(dataset, 0, "2", path)
    after = pq.read_table(path)
    assert after.schema == before.schema
    assert after["label"].to_pylist()[:2] == [2.0, 1.0]
    write_labels(open_dataset(path, TEXT), {0: Edit("2", "0", raw[0])}, path)
    # NaN is not equal to itself, so the columns are compared in printed form.
    assert str(pq.read_table(path)["label"]) == str(before["label"])
    with pytest.raises(DataError, match="holds numbers and cannot hold 'cat'"):
        dataset.codec.stored("cat")


@pytest.mark.parametrize("write", [csv, jsonl, parquet])
def test_true_fractions_are_refused_by_the_row_that_holds_one(
    tmp_path: Path, write: Callable[[Path, Sequence[object]], Path]
) -> None:
    path = write(tmp_path / f"a.{write.__name__}", [1.0, 2.0, 2.5, 1.0])
    with pytest.raises(DataError, match=r"numbers that are not whole \(row 2: 2\.5\)"):
        open_dataset(path, TEXT)


def test_a_word_for_no_label_does_not_turn_fractions_into_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not whole \(row 1: 0\.5\)"):
        open_dataset(csv(tmp_path / "a.csv", ["nan", "0.5", "0.25", "0.5"]), TEXT)


def test_a_blank_cell_is_no_label(tmp_path: Path) -> None:
    dataset = open_dataset(csv(tmp_path / "a.csv", ["a", "  ", "b", '"\u200b"', "a"]), TEXT)
    assert dataset.cells == ("a", None, "b", None, "a")
    assert dataset.label_space.names == ("a", "b")
    assert dataset.left_out.sentence == "2 of 5 rows have no label"


@pytest.mark.parametrize("write", [csv, jsonl, parquet])
def test_words_that_the_user_says_mean_nothing_are_no_labels(
    tmp_path: Path, write: Callable[[Path, Sequence[object]], Path]
) -> None:
    path = write(tmp_path / f"a.{write.__name__}", [-1, 0, 1, 2, -1, 0])
    dataset = open_dataset(path, TEXT, no_label=["-1"])
    assert dataset.cells == (None, "0", "1", "2", None, "0")
    assert dataset.remarks == ()


def test_a_word_that_means_nothing_is_known_in_any_case(tmp_path: Path) -> None:
    dataset = open_dataset(csv(tmp_path / "a.csv", ["0.0", "NaN", "1.0", "nan", "2.0"]), TEXT, no_label=["nan"])
    assert dataset.cells == ("0", None, "1", None, "2")


def test_digits_without_end_are_an_error_and_no_crash(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="too large for classes"):
        open_dataset(csv(tmp_path / "a.csv", ["9" * 5000, "1", "2"]), TEXT)
    wide = open_dataset(csv(tmp_path / "b.csv", ["9" * 30, "1", "2"]), TEXT)
    assert wide.label_space.names == ("1", "2", "9" * 30)

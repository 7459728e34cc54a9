"""Parquet: every value but the labels, the schema, the metadata, the row groups and the compression stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.errors import DataError
from errata.tools.data import Columns, Edit, open_dataset, write_labels

TEXT = Columns("label", ("text",))
NESTED = pa.struct({"x": pa.list_(pa.field("element", pa.int64()))})
PLAIN = ["a", "b", None, "a", "b", "a", "a"]
NUMBERS = [1, 2, None, 1, 2, 1, 1]


def table(labels: pa.Array) -> pa.Table:
    count = len(labels)
    columns = {
        "text": pa.array([f"t{i}" for i in range(count)], pa.large_string()),
        "label": labels,
        "nested": pa.array([{"x": [i, None]} for i in range(count)], NESTED),
        "at": pa.array(range(count), pa.timestamp("us", tz="UTC")),
        "half": pa.array([0.5] * count, pa.float32()),
    }
    fields = [pa.field(name, column.type, metadata={"of": name}) for name, column in columns.items()]
    return pa.Table.from_arrays(list(columns.values()), schema=pa.schema(fields, metadata={"made": "by hand"}))


@pytest.mark.parametrize(
    ("labels", "new"),
    [
        (pa.array(PLAIN), "new"),
        (pa.array(PLAIN, pa.large_string()), "new"),
        (pa.array(PLAIN, pa.string_view()), "new"),
        (pa.array(PLAIN, pa.dictionary(pa.int8(), pa.string())), "new"),
        (pa.array(NUMBERS, pa.uint8()), "3"),
        (pa.array(NUMBERS, pa.int64()), "-3"),
        (pa.array([True, False, None, True, False, True, True]), "false"),
    ],
)
def test_only_the_label_changes_whatever_its_type(tmp_path: Path, labels: pa.Array, new: str) -> None:
    path, out = tmp_path / "a.parquet", tmp_path / "o.parquet"
    source = table(labels)
    compression = {"text": "zstd", "label": "gzip", "nested.x.list.element": "none", "at": "snappy", "half": "lz4"}
    pq.write_table(source, path, row_group_size=3, compression=compression)
    dataset = open_dataset(path, TEXT)
    assert dataset.cells[2] is None
    raws = write_labels(dataset, {row: Edit(dataset.cells[row], new) for row in (0, 2, 6)}, out)
    assert raws == {row: json.dumps(labels[row].as_py()) for row in (0, 2, 6)}
    written = pq.read_table(out)
    assert written.schema.equals(source.schema, check_metadata=True)
    assert written.drop(["label"]).equals(source.drop(["label"]))
    expected = [new if row in (0, 2, 6) else label for row, label in enumerate(dataset.cells)]
    assert list(open_dataset(out, TEXT).cells) == expected
    assert shape(out) == shape(path)


def shape(path: Path) -> list[list[tuple[int, str]]]:
    meta = pq.read_metadata(path)
    groups = (meta.row_group(i) for i in range(meta.num_row_groups))
    return [[(group.num_rows, group.column(j).compression) for j in range(group.num_columns)] for group in groups]


def test_a_file_with_the_older_names_of_lists_keeps_them(tmp_path: Path) -> None:
    path, out = tmp_path / "a.parquet", tmp_path / "o.parquet"
    source = pa.table({"text": ["x", "y"], "label": ["a", "b"], "words": [["p"], ["q"]]})
    pq.write_table(source, path, compression="gzip", use_compliant_nested_type=False)
    write_labels(open_dataset(path, TEXT), {0: Edit("a", "b")}, out)
    assert pq.read_schema(out).equals(pq.read_schema(path), check_metadata=True)
    assert shape(out) == shape(path)


def test_a_dictionary_keeps_its_order_and_its_unused_words(tmp_path: Path) -> None:
    path, out = tmp_path / "a.parquet", tmp_path / "o.parquet"
    words = pa.DictionaryArray.from_arrays(pa.array([2, 0, 2], pa.int8()), pa.array(["z", "unused", "a"]), ordered=True)
    pq.write_table(table(words), path)
    read = pq.read_table(path).column("label").chunk(0).dictionary
    write_labels(open_dataset(path, TEXT), {0: Edit("a", "z"), 1: Edit("z", "new")}, out)
    written = pq.read_table(out).column("label")
    assert written.to_pylist() == ["z", "new", "a"]
    assert written.type == words.type
    assert written.chunk(0).dictionary.to_pylist() == [*read.to_pylist(), "new"]


def test_a_whole_number_too_big_for_the_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(table(pa.array(NUMBERS, pa.uint8())), path)
    before = path.read_bytes()
    with pytest.raises(DataError, match="type uint8 cannot hold"):
        write_labels(open_dataset(path, TEXT), {0: Edit("1", "300")}, path)
    assert path.read_bytes() == before


def test_what_stood_in_an_unlabeled_cell_is_put_back(tmp_path: Path) -> None:
    path, out = tmp_path / "a.parquet", tmp_path / "o.parquet"
    pq.write_table(table(pa.array(["a", "b", "", None])), path)
    dataset = open_dataset(path, TEXT)
    raws = write_labels(dataset, {row: Edit(None, "c") for row in (2, 3)}, out, {"errata_x": [1.5, None, 2.0, 3.0]})
    assert raws == {2: '""', 3: "null"}
    assert pq.read_table(out).column("errata_x").to_pylist() == [1.5, None, 2.0, 3.0]
    undo = {row: Edit("c", None, raws[row]) for row in (2, 3)}
    write_labels(open_dataset(out, TEXT), undo, out, drop=["errata_x"])
    assert pq.read_table(out).equals(pq.read_table(path), check_metadata=True)


def test_class_names_come_from_the_metadata_of_hugging_face(tmp_path: Path) -> None:
    feature = {"names": ["dog", "cat", "unused"], "_type": "ClassLabel"}
    info = json.dumps({"info": {"features": {"label": feature, "text": {"dtype": "string", "_type": "Value"}}}})
    source = table(pa.array([0, 1, -1, None], pa.int64())).replace_schema_metadata({"huggingface": info})
    path = tmp_path / "a.parquet"
    pq.write_table(source, path)
    dataset = open_dataset(path, TEXT)
    assert dataset.label_space.names == ("dog", "cat", "unused")
    assert dataset.cells == ("dog", "cat", None, None)
    write_labels(dataset, {0: Edit("dog", "unused"), 2: Edit(None, "cat")}, path)
    assert pq.read_table(path).column("label").to_pylist() == [2, 1, 1, None]
    with pytest.raises(DataError, match=r"'dgo' is not a class.*nearest: 'dog'"):
        write_labels(open_dataset(path, TEXT), {0: Edit("unused", "dgo")}, path)


def test_images_may_be_bytes_or_hugging_face_structs_or_paths(tmp_path: Path, png: Callable[..., bytes]) -> None:
    (tmp_path / "b.png").write_bytes(png(2))
    images = {
        "bytes": pa.array([png(1), png(2)]),
        "struct": pa.array([{"bytes": png(1), "path": None}, {"bytes": None, "path": "b.png"}]),
    }
    shas = []
    for name, column in images.items():
        path = tmp_path / f"{name}.parquet"
        pq.write_table(pa.table({"image": column, "label": ["a", "b"]}), path)
        dataset = open_dataset(path, Columns("label", image=("image",)))
        assert dataset.modality == "image"
        assert [item.image for item in dataset.items([1, 0])] == [png(2), png(1)]
        shas.append(dataset.content_shas)
    assert shas[0] == shas[1]


def test_a_truncated_file_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(table(pa.array(PLAIN)), path)
    whole = path.read_bytes()
    for cut in (0, 3, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match="not a whole Parquet file"):
            open_dataset(path, TEXT)


def test_damage_inside_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(table(pa.array(PLAIN)), path, compression="zstd")
    whole = bytearray(path.read_bytes())
    whole[4:80] = bytes(76)
    path.write_bytes(whole)
    with pytest.raises(DataError, match="not a whole Parquet file"):
        open_dataset(path, TEXT)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (pa.array([1.0, 2.5]), "not whole"),
        (pa.array([b"a", b"b"]), "holds bytes values"),
        (pa.array([{"a": 1}, {"a": 2}]), "holds dict values"),
        (pa.array([], pa.string()), "no rows"),
    ],
)
def test_labels_of_other_types_are_refused(tmp_path: Path, labels: pa.Array, message: str) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(table(labels), path)
    with pytest.raises(DataError, match=message):
        open_dataset(path, TEXT)

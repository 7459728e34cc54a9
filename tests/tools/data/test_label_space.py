"""Labels that count as one label, and columns that are not classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.errors import DataError
from errata.tools.data import Columns, Dataset, open_dataset
from errata.types import LabelSpace
from tests.tools.data.test_labels import csv

TEXT = Columns("label", ("text",))


def of(tmp_path: Path, labels: list[str], **options: Any) -> Dataset:
    return open_dataset(csv(tmp_path / "a.csv", [f'"{label}"' for label in labels]), TEXT, **options)


def test_labels_that_differ_only_in_form_are_one_named_as_it_is_spelled_most_often(tmp_path: Path) -> None:
    labels = [
        "cat",
        "dog",
        "Cat",
        "cat ",
        "cat",
        " CAT",
        "Caf\u00e9",
        "Cafe\u0301",
        "Cafe\u0301",
        "new  york",
        "New York",
    ]
    dataset = of(tmp_path, labels)
    assert dataset.cells == tuple(labels)
    assert dataset.label_space.names == ("Cafe\u0301", "New York", "cat", "dog")
    assert dataset.label_space.index()[" CAT"] == dataset.label_space.index()["cat"]
    assert dataset.label_space.same("Caf\u00e9", "Cafe\u0301")
    assert not dataset.label_space.same("cat", "dog")
    assert not dataset.label_space.same("cat", None)


def test_labels_that_are_one_label_are_too_few(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds only the label 'a'"):
        of(tmp_path, ["a", "A", "a"])


def test_named_classes_that_differ_only_in_form_are_one(tmp_path: Path) -> None:
    features = '{"info": {"features": {"label": {"_type": "ClassLabel", "names": ["Dog", "cat", "dog", " "]}}}}'
    table = pa.table({"text": list("uvwxyz"), "label": [2, 1, 2, 0, 3, -1]})
    pq.write_table(table.replace_schema_metadata({"huggingface": features}), tmp_path / "a.parquet")
    dataset = open_dataset(tmp_path / "a.parquet", TEXT)
    assert dataset.label_space.names == ("cat", "dog")
    assert dataset.cells == ("dog", "cat", "dog", "Dog", None, None)


def test_the_hash_of_a_space_changes_only_if_it_has_spellings_or_renames() -> None:
    plain = LabelSpace(("a", "b"))
    # As it was before there were any: runs of earlier versions are known again.
    assert plain.sha == "0323b4c4066fca779accf31599d541e11ef005a967006107ccdedea340ebaabe"
    shas = {plain.sha, LabelSpace(("a", "b"), spellings={"A": "a"}).sha, LabelSpace(("a", "b"), renames={"A": "a"}).sha}
    assert len(shas) == 3


def test_a_column_in_which_most_rows_have_their_own_label_is_refused(tmp_path: Path) -> None:
    ids = [f"order {i}" for i in range(40)]
    with pytest.raises(DataError, match=r"40 labels in 40 rows: is this a column of classes.*--many-labels"):
        of(tmp_path, ids)
    with pytest.raises(DataError, match="21 labels in 40 rows"):
        of(tmp_path, [*ids[:21], *["order 0"] * 19])
    assert len(of(tmp_path, [*ids[:20], *ids[:20]]).label_space.names) == 20
    assert len(of(tmp_path, ids, many_labels=True).label_space.names) == 40
    assert len(of(tmp_path, ids, allow_one_label=True)) == 40


def test_rows_without_a_label_do_not_make_ids_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="10 labels in 10 rows"):
        of(tmp_path, [f"order {i}" for i in range(10)] + [""] * 90)


def test_labels_that_a_label_file_lists_are_classes_however_many(tmp_path: Path) -> None:
    names = [f"order {i}" for i in range(40)]
    (tmp_path / "labels.toml").write_text("".join(f'[labels."{name}"]\n' for name in names))
    dataset = open_dataset(csv(tmp_path / "a.csv", names), TEXT, tmp_path / "labels.toml")
    assert dataset.label_space.names == tuple(names)

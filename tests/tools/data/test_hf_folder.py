"""Hugging Face folders: features and other columns stay, in a new folder."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from errata.errors import DataError
from errata.tools.data import Columns, Edit, open_dataset, write_labels

datasets = pytest.importorskip("datasets")
COLUMNS = Columns("label", image=("image",), id="n")


@pytest.fixture
def folder(tmp_path: Path, png: Callable[..., bytes]) -> Path:
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "label": datasets.ClassLabel(names=["dog", "cat", "unused"]),
            "n": datasets.Value("int16"),
        }
    )
    images = [{"bytes": png(i), "path": None} for i in range(5)]
    rows = {"image": images, "label": [0, 1, -1, None, 0], "n": range(5)}
    path = tmp_path / "data"
    datasets.disable_progress_bars()
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(path, num_shards=2)
    return path


def test_class_names_and_images_are_read(folder: Path, png: Callable[..., bytes]) -> None:
    dataset = open_dataset(folder, COLUMNS)
    assert dataset.format == "hf"
    assert dataset.label_space.names == ("dog", "cat", "unused")
    assert dataset.cells == ("dog", "cat", None, None, "dog")
    assert [item.image for item in dataset.items([4, 1])] == [png(4), png(1)]


@pytest.mark.parametrize("name", ["out", "data"])
def test_labels_change_and_all_else_stays(folder: Path, name: str, png: Callable[..., bytes]) -> None:
    out, before = folder.parent / name, datasets.load_from_disk(folder)
    features = before.features
    raws = write_labels(open_dataset(folder, COLUMNS), {0: Edit("dog", "cat"), 2: Edit(None, "unused")}, out)
    assert raws == {0: "0", 2: "-1"}
    after = datasets.load_from_disk(out)
    assert after.features == features
    assert after["label"][:] == [1, 1, 2, None, 0]
    assert after["n"][:] == [0, 1, 2, 3, 4]
    decoded = io.BytesIO()
    after[3]["image"].save(decoded, format="PNG")
    assert decoded.getvalue() == png(3)
    assert len(list(out.glob("*.arrow"))) == 2
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted({"data", name})


def test_added_columns_come_and_go(folder: Path) -> None:
    out, back = folder.parent / "out", folder.parent / "back"
    values = [0.5, None, 1.0, 0.0, 0.0]
    write_labels(open_dataset(folder, COLUMNS), {}, out, {"errata_x": values, "errata_none": [None] * 5})
    assert datasets.load_from_disk(out)["errata_x"][:] == values
    write_labels(open_dataset(out, COLUMNS), {}, back, drop=["errata_x", "errata_none"])
    assert datasets.load_from_disk(back).features == datasets.load_from_disk(folder).features


def test_several_splits_are_named(folder: Path) -> None:
    both = folder.parent / "both"
    datasets.DatasetDict(train=datasets.load_from_disk(folder), test=datasets.load_from_disk(folder)).save_to_disk(both)
    with pytest.raises(DataError, match=r"the splits test, train: pass one of them, such as .*/both/test"):
        open_dataset(both, COLUMNS)
    assert len(open_dataset(both / "train", COLUMNS)) == 5


def test_a_damaged_folder_is_explained(folder: Path) -> None:
    next(folder.glob("*.arrow")).write_bytes(b"nothing")
    with pytest.raises(DataError, match="not a whole Hugging Face dataset folder"):
        open_dataset(folder, COLUMNS)

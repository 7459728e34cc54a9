"""Images in cells: data: addresses, file: addresses, bytes with paths."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.errors import DataError
from errata.tools.data import Columns, Dataset, open_dataset
from errata.tools.data.content import read_image
from errata.tools.data.image_files import ImageFiles

Png = Callable[..., bytes]


def data_uri(data: bytes, head: str = "data:image/png;base64,") -> str:
    return head + base64.b64encode(data).decode()


def written(folder: Path, ending: str, cells: list[object]) -> Path:
    path, labels = folder / f"a{ending}", ["a", "b"] * len(cells)
    rows = list(zip(cells, labels, strict=False))
    if ending == ".csv":
        path.write_text("image,label\n" + "".join(f'"{cell}",{label}\n' for cell, label in rows))
    elif ending == ".jsonl":
        path.write_text("".join(json.dumps({"image": cell, "label": label}) + "\n" for cell, label in rows))
    else:
        pq.write_table(pa.table({"image": cells, "label": labels[: len(cells)]}), path)
    return path


def opened(path: Path) -> Dataset:
    return open_dataset(path, Columns("label", image=("image",)))


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_data_addresses_are_read_in_every_format(tmp_path: Path, png: Png, ending: str) -> None:
    heads = ["data:image/png;base64,", "DATA:image/PNG;BASE64,", "data:;base64,", "data:image/png;name=x.png;base64,"]
    dataset = opened(written(tmp_path, ending, [data_uri(png(i), head) for i, head in enumerate(heads)]))
    assert [item.image for item in dataset.items(range(4))] == [png(i) for i in range(4)]
    assert not dataset.problems


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("data:image/png;base64,iVBORw0K\nGgo=", "base64 is damaged"),
        ("data:image/png;base64,iVBORw0KGgo", "base64 is damaged"),
        ("data:image/png;base64,ä", "base64 is damaged"),
        ("data:image/png;base64,", "holds nothing"),
        ("data:image/png;base64", "without a comma"),
        ("data:image/png,%89PNG", "not in base64"),
        ("data:text/html;base64,AAAA", "'text/html', which is no image"),
        ("data:" + ";" * 100_000, "without a comma"),
    ],
)
def test_a_damaged_data_address_says_what_is_wrong(tmp_path: Path, cell: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_image(cell, ImageFiles(tmp_path))


def test_file_addresses_are_paths(tmp_path: Path, png: Png) -> None:
    (tmp_path / "a b.png").write_bytes(png(1))
    files = ImageFiles(tmp_path)
    assert read_image(f"file://{tmp_path}/a%20b.png", files) == png(1)
    assert read_image(f"file://localhost{tmp_path}/a%20b.png", files) == png(1)
    for cell, message in (
        ("file:///etc/passwd", "leads out of"),
        ("file:///C:/1.png", "No such file"),
        ("file://[", "addr"),
    ):
        with pytest.raises(DataError, match=message):
            read_image(cell, files)


def test_bytes_take_precedence_over_their_path(tmp_path: Path, png: Png) -> None:
    (tmp_path / "1.png").write_bytes(png(1))
    cells: list[object] = [{"bytes": png(2), "path": "1.png"}, {"bytes": None, "path": "1.png"}]
    dataset = opened(written(tmp_path, ".parquet", cells))
    assert [item.image for item in dataset.items(range(2))] == [png(2), png(1)]


def test_if_no_row_can_be_read_the_error_prints_the_image_root_that_would_help(tmp_path: Path, png: Png) -> None:
    (tmp_path / "data").mkdir()
    for name in ("x/1.png", "y/2.png"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True)
        (tmp_path / "photos" / name).write_bytes(png(1))
    path = written(tmp_path / "data", ".csv", [f"{tmp_path}/photos/x/1.png", "../photos/y/2.png"])
    with pytest.raises(DataError, match=f"allow it: --image-root {tmp_path}/photos\\."):
        opened(path)
    allowed = open_dataset(path, Columns("label", image=("image",)), image_roots=[tmp_path / "photos"])
    assert not allowed.problems


def test_in_a_folder_of_images_an_address_is_a_name_like_any_other(tmp_path: Path, png: Png) -> None:
    for name in ("data:image/1.png", "C:\\x/1.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(png(1))
    assert not open_dataset(tmp_path, Columns(None)).problems

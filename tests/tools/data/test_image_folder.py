"""Image folders: the folder is the label, and a label changes by moving a file in a new folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from errata.errors import DataError, PatchConflict, SetupError
from errata.tools.data import Columns, Edit, open_dataset, write_labels
from errata.tools.data.image_folder import ImageFolder

COLUMNS = Columns(None)


@pytest.fixture
def folder(tmp_path: Path, png: Callable[..., bytes]) -> Path:
    path = tmp_path / "pets"
    for i, name in enumerate(["cat/1.png", "cat/deep/2.JPG", "dog/3.png", "dog/1.png"]):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(png(i, format="JPEG" if name.endswith("JPG") else "PNG"))
    (path / "readme.txt").write_text("kept")
    (path / "dog" / ".hidden.png").write_bytes(b"kept")
    (path / "empty").mkdir()
    return path


def everything(path: Path) -> dict[str, bytes | None]:
    return {p.relative_to(path).as_posix(): p.read_bytes() if p.is_file() else None for p in path.rglob("*")}


def test_folders_are_labels_and_names_are_ids(folder: Path, png: Callable[..., bytes]) -> None:
    dataset = open_dataset(folder, COLUMNS)
    assert dataset.item_ids == ("cat/1.png", "cat/deep/2.JPG", "dog/1.png", "dog/3.png")
    assert dataset.cells == ("cat", "cat", "dog", "dog")
    assert dataset.items([3])[0].image == png(2)
    assert dataset.modality == "image"
    assert not dataset.problems


@pytest.mark.parametrize("name", ["out", "pets"])
def test_a_relabeled_image_moves_and_all_else_stays(folder: Path, name: str) -> None:
    expected = everything(folder)
    expected["dog/deep/2.JPG"] = expected.pop("cat/deep/2.JPG")
    expected["bird"], expected["dog/deep"], expected["bird/3.png"] = None, None, expected.pop("dog/3.png")
    out = folder.parent / name
    raws = write_labels(open_dataset(folder, COLUMNS), {1: Edit("cat", "dog"), 3: Edit("dog", "bird")}, out)
    assert raws == {1: "cat/deep/2.JPG", 3: "dog/3.png"}
    assert everything(out) == expected
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted({"pets", name})


def test_images_whose_names_clash_get_free_ones_and_their_own_ones_back(folder: Path) -> None:
    """Row 15 of the field cases: every class counts from 0000.png."""
    before, out, back = everything(folder), folder.parent / "out", folder.parent / "back"
    dataset = open_dataset(folder, COLUMNS)
    assert isinstance(dataset.table, ImageFolder)
    raws = write_labels(dataset, {0: Edit("cat", "dog"), 2: Edit("dog", "cat")}, out)
    places = dataset.table.new_places({0: "dog", 2: "cat"})
    assert places == {0: "dog/1-2.png", 2: "cat/1-2.png"}
    assert everything(folder) == before
    moved = everything(out)
    assert moved.pop("dog/1-2.png") == before["cat/1.png"]
    assert moved.pop("cat/1-2.png") == before["dog/1.png"]
    applied = open_dataset(out, COLUMNS)
    rows = {applied.item_ids.index(place): row for row, place in places.items()}
    former = {now: Edit(applied.cells[now], dataset.cells[row], raws[row]) for now, row in rows.items()}
    write_labels(applied, former, back)
    assert everything(back) == before


def test_a_name_that_is_taken_meanwhile_is_not_given_back(folder: Path) -> None:
    before = everything(folder)
    for raw, why in (
        ("dog/1.png", "is taken"),
        ("cat/9.png", "no name in the class"),
        ("dog/../../9.png", "no name in"),
    ):
        with pytest.raises(PatchConflict, match=why):
            write_labels(open_dataset(folder, COLUMNS), {0: Edit("cat", "dog", raw)}, folder)
    assert everything(folder) == before


@pytest.mark.parametrize(
    "label", ["..", "a/b", "", ".", "CON", "lpt1.txt", "owl.", " owl", ".owl", "a:b", "o\nwl", "ü" * 200]
)
def test_a_label_that_names_no_folder_is_refused_before_anything_is_written(folder: Path, label: str) -> None:
    with pytest.raises(DataError, match="not a folder's name"):
        write_labels(open_dataset(folder, COLUMNS), {0: Edit("cat", label)}, folder.parent / "out")
    assert not (folder.parent / "out").exists()


def test_a_folder_that_is_there_may_be_called_as_it_is(folder: Path) -> None:
    (folder / "cat").rename(folder / "a:b")
    out = folder.parent / "out"
    write_labels(open_dataset(folder, COLUMNS), {2: Edit("dog", "a:b")}, out)
    assert (out / "a:b" / "1-2.png").exists()


def test_a_folder_has_no_columns(folder: Path) -> None:
    with pytest.raises(SetupError, match="Name no columns"):
        open_dataset(folder, Columns("label", image=("image",)))
    with pytest.raises(DataError, match="no columns to annotate"):
        write_labels(open_dataset(folder, COLUMNS), {}, folder.parent / "out", {"errata_x": [1, 2, 3, 4]})


def test_a_folder_without_images_is_explained(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        open_dataset(tmp_path, COLUMNS)


def test_file_names_that_are_no_utf8_are_named_where_they_would_be_ids_and_kept_elsewhere(folder: Path) -> None:
    (folder / os.fsdecode(b"notes\xff.txt")).write_text("kept")
    other = open_dataset(folder, COLUMNS).sha256
    (folder / os.fsdecode(b"notes\xff.txt")).rename(folder / os.fsdecode(b"notes\xfe.txt"))
    assert open_dataset(folder, COLUMNS).sha256 != other
    (folder / "cat" / os.fsdecode(b"\xff.png")).write_bytes(b"x")
    with pytest.raises(DataError, match="whose name is not UTF-8"):
        open_dataset(folder, COLUMNS)


def test_names_with_line_ends_and_orders_are_items_like_any_other(folder: Path) -> None:
    for name in ("\x1b[2J.png", "a\nb.png", "--in-place.png", "$(reboot).png", "\u202egnp.png"):
        (folder / "cat" / name).write_bytes((folder / "cat" / "1.png").read_bytes())
    dataset = open_dataset(folder, COLUMNS)
    assert len(dataset) == 9
    assert not dataset.problems

"""A person is asked about folders above the class folders, but not about classes that look somewhat like such
folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from errata.errors import AmbiguousFolders, DataError
from errata.tools.data import Columns, Edit, open_dataset, write_labels
from errata.tools.data.image_layout import Layout, find_layout

Png = Callable[..., bytes]


def images(*folders: str) -> list[str]:
    return sorted(f"{folder}/{i}.png" for folder in folders for i in range(2))


def layout(*folders: str) -> Layout:
    found = find_layout(images(*folders))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("train", "val"),
    [
        ("train", "val"),
        ("Training", "Validation"),
        ("TRAIN", "TEST"),
        ("train2017", "val2017"),
        ("train_images", "test-images"),
        ("training_set", "test_set"),
        ("dev", "valid"),
        ("site a", "site b"),
    ],
)
def test_splits_above_the_classes_are_found_by_their_names_or_by_the_classes(train: str, val: str) -> None:
    found = layout(*(f"{split}/{c}" for split in (train, val) for c in ("bar", "ring")))
    splits = tuple(sorted((train, val)))
    assert found == Layout(splits, 2, splits, ("bar", "ring"))


def test_one_split_alone_and_folders_around_it_are_found() -> None:
    assert layout("train/cat", "train/dog").folders == ("train",)
    assert layout("train/cat").folders == ("train",)
    assert layout("images/train/cat", "images/train/dog", "images/val/cat").folders == ("images/train", "images/val")
    assert layout("images/train/cat", "images/train/dog", "images/val/cat").level == 3
    assert layout("train/images/cat", "train/images/dog", "val/images/cat", "val/images/dog").folders == (
        "train/images",
        "val/images",
    )
    assert layout("shapes/cat", "shapes/dog").folders == ("shapes",)


def test_a_test_split_without_classes_does_not_hide_the_others() -> None:
    found = layout("train/cat", "train/dog", "test")
    assert (found.folders, found.level, found.tops) == (("train",), 2, ("test", "train"))
    assert layout("train/cat", "train/dog", "extra").folders == ("train",)


def test_splits_of_unlike_depth_have_no_common_level() -> None:
    assert layout("train/images/cat", "train/images/dog", "val/cat", "val/dog").level is None


def test_two_classes_called_like_splits_are_asked_about_even_without_folders_in_them() -> None:
    assert layout("train", "test") == Layout((), None, ("test", "train"), ())


@pytest.mark.parametrize(
    "folders",
    [
        ("test", "bus", "car"),
        ("train", "bus"),
        ("train/steam", "bus"),
        ("cat/images", "dog/images"),
        ("cat/indoor", "dog/outdoor"),
        ("cat", "cat/indoor", "cat/outdoor", "dog", "dog/indoor", "dog/outdoor"),
        ("testing ground", "training camp"),
        ("cat/deep/deeper",),
    ],
)
def test_genuine_classes_are_not_asked_about(folders: tuple[str, ...]) -> None:
    assert find_layout(images(*folders)) is None


@pytest.fixture
def splits(tmp_path: Path, png: Png) -> Path:
    for n, name in enumerate(("train/bar/1", "train/ring/1", "val/bar/1", "val/ring/1", "cover", "train/2")):
        (tmp_path / "shapes" / f"{name}.png").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shapes" / f"{name}.png").write_bytes(png(n))
    (tmp_path / "shapes" / "train" / "2.png").unlink()
    return tmp_path / "shapes"


def test_the_question_names_every_way_to_read_the_folder(splits: Path) -> None:
    """Row 7 of the field cases: not two classes called train and val."""
    with pytest.raises(AmbiguousFolders) as caught:
        open_dataset(splits, Columns(None))
    assert caught.value.folders == (splits / "train", splits / "val")
    assert set(caught.value.levels) == {1, 2}
    for way in (f"{splits}/train", f"{splits}/val", "--class-level 2", "--class-level 1"):
        assert way in str(caught.value)


def test_each_way_reads_what_it_says(splits: Path) -> None:
    assert open_dataset(splits / "train", Columns(None)).cells == ("bar", "ring")
    assert open_dataset(splits, Columns(None), class_level=2).cells == ("bar", "ring", "bar", "ring")
    assert open_dataset(splits, Columns(None), class_level=1).cells == ("train", "train", "val", "val")
    with pytest.raises(DataError, match=r"holds no images: expected .*shapes/\*/\*/\*/<class>"):
        open_dataset(splits, Columns(None), class_level=4)


def test_an_image_stays_in_its_split_when_its_class_changes(splits: Path) -> None:
    dataset, out = open_dataset(splits, Columns(None), class_level=2), splits.with_name("out")
    assert dataset.item_ids[3] == "val/ring/1.png"
    write_labels(dataset, {3: Edit("ring", "bar")}, out)
    assert open_dataset(out, Columns(None), class_level=2).item_ids[2:] == ("val/bar/1-2.png", "val/bar/1.png")


def test_what_a_patch_has_left_opens_without_a_question(splits: Path) -> None:
    assert len(open_dataset(splits, Columns(None), allow_one_label=True)) == 4

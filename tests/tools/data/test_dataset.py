"""What open_dataset returns and refuses, in any format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from errata.errors import DataError, PatchConflict, SetupError
from errata.tools.data import Columns, Edit, open_dataset, write_labels

TEXT = Columns("label", ("text",))


def csv(folder: Path, content: str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return path


def test_ids_are_positions_or_the_users_own(tmp_path: Path) -> None:
    path = csv(tmp_path, "key,text,label\nk1,x,a\nk2,y,b\n")
    assert open_dataset(path, TEXT).item_ids == ("0", "1")
    assert open_dataset(path, Columns("label", ("text",), id="key")).item_ids == ("k1", "k2")


def test_ids_that_repeat_or_are_empty_are_named(tmp_path: Path) -> None:
    columns = Columns("label", ("text",), id="key")
    with pytest.raises(DataError, match=r"'k1' in rows \[0, 2\]"):
        open_dataset(csv(tmp_path, "key,text,label\nk1,x,a\nk2,y,b\nk1,z,a\n"), columns)
    with pytest.raises(DataError, match="row 1: the id is empty"):
        open_dataset(csv(tmp_path, "key,text,label\nk1,x,a\n,y,b\n"), columns)


def test_protected_rows_are_those_with_a_true_word(tmp_path: Path) -> None:
    words = ["1", "true", "yes", "gold", "", "0", "False", "no"]
    rows = "".join(f"x,{'ab'[i % 2]},{word}\n" for i, word in enumerate(words))
    path = csv(tmp_path, "text,label,gold\n" + rows)
    assert (
        open_dataset(path, Columns("label", ("text",), protect="gold")).protected.tolist() == [True] * 4 + [False] * 4
    )
    assert not open_dataset(path, TEXT).protected.any()


def test_hashes_are_of_the_source_and_of_each_content(tmp_path: Path) -> None:
    dataset = open_dataset(csv(tmp_path, "text,label\nx,a\ny,b\nx,b\n"), TEXT)
    assert dataset.sha256 == hashlib.sha256(dataset.path.read_bytes()).hexdigest()
    assert dataset.content_shas[0] == hashlib.sha256(b"text\0x").hexdigest()
    assert dataset.content_shas[0] == dataset.content_shas[2] != dataset.content_shas[1]
    assert dataset.items([1])[0].content_sha == dataset.content_shas[1]


def test_text_and_image_count_together(tmp_path: Path, png: Callable[..., bytes]) -> None:
    (tmp_path / "1.png").write_bytes(png(1))
    path = csv(tmp_path, "text,image,label\nx,1.png,a\ny,1.png,b\n,1.png,b\n")
    both = open_dataset(path, Columns("label", ("text",), ("image",)))
    assert both.modality == "image"
    assert len(set(both.content_shas)) == 3
    assert not both.problems
    assert both.items([0])[0].text == "x"


def test_images_that_cannot_be_shown_are_skipped_and_listed(tmp_path: Path, png: Callable[..., bytes]) -> None:
    (tmp_path / "1.png").write_bytes(png(1))
    (tmp_path / "broken.png").write_bytes(png(2)[:-20])
    (tmp_path / "huge.png").write_bytes(png(0, size=(10_000, 9_000)))
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    wrong = {
        "broken.png": "cannot be decoded",
        "huge.png": "more than 89,478,485 pixels",
        "phone.heic": "HEIC, which errata does not read",
        "": "missing",
        "http://host/x.png": "local files only",
        "file://elsewhere/x.png": "local files only",
    }
    rows = "".join(f"{name},{'ab'[i % 2]}\n" for i, name in enumerate(["1.png", "1.png", *wrong]))
    dataset = open_dataset(csv(tmp_path, "image,label\n" + rows), Columns("label", image=("image",)))
    assert list(dataset.problems) == list(range(2, 8))
    for row, message in enumerate(wrong.values(), start=2):
        assert message in dataset.problems[row]
    assert [item.image for item in dataset.items([0, 1])] == [png(1)] * 2


def test_texts_are_read_without_their_images(tmp_path: Path, png: Callable[..., bytes]) -> None:
    (tmp_path / "1.png").write_bytes(png(1))
    path = csv(tmp_path, "text,image,label\nx,1.png,a\ny,1.png,b\n")
    dataset = open_dataset(path, Columns("label", ("text",), ("image",)))
    (tmp_path / "1.png").unlink()
    assert dataset.texts([1, 0]) == ["y", "x"]
    assert open_dataset(path, Columns("label", ("text",))).texts([0]) == ["x"]


def test_data_of_which_nothing_can_be_read_is_refused_unless_a_patch_is_to_be_undone(tmp_path: Path) -> None:
    path = csv(tmp_path, "image,label\ngone.png,a\ngone.png,b\n")
    with pytest.raises(DataError, match=r"none of the 2 rows of .* can be looked at\. Row 0: .*gone\.png"):
        open_dataset(path, Columns("label", image=("image",)))
    assert len(open_dataset(path, Columns("label", image=("image",)), allow_one_label=True).problems) == 2


def test_labels_that_stand_on_unreadable_rows_alone_do_not_count(tmp_path: Path) -> None:
    path = csv(tmp_path, "text,label\nx,a\ny,a\n,b\n")
    with pytest.raises(DataError, match=r"2 rows of .* can be looked at hold only the label 'a'"):
        open_dataset(path, TEXT)
    assert len(open_dataset(path, TEXT, allow_one_label=True)) == 3


def test_the_label_cannot_be_what_is_looked_at(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="'label' cannot be both"):
        open_dataset(csv(tmp_path, "text,label\nx,a\ny,b\n"), Columns("label", ("label",)))


def test_a_label_file_gives_order_definitions_and_parents(tmp_path: Path) -> None:
    path = csv(tmp_path, "text,label\nx,cat\ny,dog\n")
    file = tmp_path / "labels.toml"
    file.write_text('[labels.dog]\ndefinition = "barks"\n[labels.cat]\nparent = "animal"\n[labels.cow]\n')
    space = open_dataset(path, TEXT, file).label_space
    assert space.names == ("dog", "cat", "cow")
    assert space.definitions == {"dog": "barks"}
    assert space.parents == {"cat": "animal"}
    with pytest.raises(DataError, match=r"row 1: label 'dgo' is not in labels\.toml \(nearest: 'dog'\)"):
        open_dataset(csv(tmp_path, "text,label\nx,cat\ny,dgo\n"), TEXT, file)


@pytest.mark.parametrize("text", ["[labels", "[labels.a]\ncolour = 1\n[labels.b]", "[labels.a]", "[label.a]"])
def test_a_label_file_that_is_wrong_is_explained(tmp_path: Path, text: str) -> None:
    file = tmp_path / "labels.toml"
    file.write_text(text)
    with pytest.raises(DataError, match=r"cannot be read as a label file: [^\n]*\Z"):
        open_dataset(csv(tmp_path, "text,label\nx,a\ny,b\n"), TEXT, file)


def test_columns_of_any_name_can_be_asked_for(tmp_path: Path) -> None:
    dataset = open_dataset(csv(tmp_path, "text,label,probs\nx,a,0.5\ny,b,\n"), TEXT)
    assert dataset.column("probs") == ["0.5", None]
    with pytest.raises(DataError, match=r"no column 'prob' \(nearest: 'probs'\)"):
        dataset.column("prob")


@pytest.mark.parametrize(
    ("columns", "message"),
    [(Columns(None, ("text",)), "--label COL"), (Columns("label"), "--text COL or --image COL")],
)
def test_columns_that_were_not_named_are_asked_for(tmp_path: Path, columns: Columns, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        open_dataset(csv(tmp_path, "text,label\nx,a\ny,b\n"), columns)


@pytest.mark.parametrize(("name", "message"), [("a.json", "of no kind that errata reads"), ("no.csv", "not exist")])
def test_paths_that_are_no_data_are_explained(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(DataError, match=message):
        open_dataset(tmp_path / name, TEXT)


def test_rows_with_another_label_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    path, out = csv(tmp_path, "text,label\n" + "x,a\ny,b\n" * 10), tmp_path / "o.csv"
    dataset = open_dataset(path, TEXT)
    with pytest.raises(PatchConflict, match=r"row 1 holds 'b', not 'a'.* and 2 more\. Nothing was changed"):
        write_labels(dataset, {row: Edit("a", "b") for row in (*range(1, 20, 2), 98, 99, 0)}, out)
    assert not out.exists()


def test_a_source_that_changed_since_is_not_overwritten(tmp_path: Path) -> None:
    path = csv(tmp_path, "text,label\nx,a\ny,b\n")
    dataset = open_dataset(path, TEXT)
    path.write_text("text,label\nx,a\nz,b\n")
    with pytest.raises(PatchConflict, match="has changed since it was read"):
        write_labels(dataset, {0: Edit("a", "b")}, path)
    assert path.read_text() == "text,label\nx,a\nz,b\n"


@pytest.mark.parametrize(
    ("add", "message"),
    [({"text": ["1", "2"]}, "a column 'text' already"), ({"errata_x": ["1"]}, "has 1 values for 2 rows")],
)
def test_annotations_must_be_new_and_whole(tmp_path: Path, add: dict[str, list[str]], message: str) -> None:
    dataset = open_dataset(csv(tmp_path, "text,label\nx,a\ny,b\n"), TEXT)
    with pytest.raises(DataError, match=message):
        write_labels(dataset, {}, tmp_path / "o.csv", add)

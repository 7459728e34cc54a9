"""Items of several parts: how they are read, hashed, and what of them may be missing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from errata.errors import DataError, SetupError
from errata.tools.data import Columns, Dataset, open_dataset
from errata.types import Part

SEVERAL = Columns("label", ("subject", "body"), ("photo",), context=("sender",))


def png(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(out, "PNG")
    return out.getvalue()


def opened(folder: Path, *rows: str, columns: Columns = SEVERAL) -> Dataset:
    for color in ("red", "blue"):
        (folder / f"{color}.png").write_bytes(png(color))
    path = folder / "mail.csv"
    path.write_text("\n".join(["subject,body,photo,sender,label", *rows]) + "\n", encoding="utf-8")
    return open_dataset(path, columns)


def test_texts_come_first_then_images_then_context(tmp_path: Path) -> None:
    dataset = opened(tmp_path, "hi,there,red.png,ann,a", "no,more,blue.png,bob,b")
    (item, _) = dataset.items([0, 1])
    assert item.parts == (
        Part("subject", "hi"),
        Part("body", "there"),
        Part("photo", image=png("red")),
        Part("sender", "ann", context=True),
    )
    assert item.text == dataset.texts([0])[0] == "hi\n\nthere\n\nann"
    assert next(dataset.text_items([0])).parts == item.texts


@pytest.mark.parametrize(
    "change", ["ho,there,red.png,ann", "hi,then,red.png,ann", "hi,there,blue.png,ann", "hi,there,red.png,bob"]
)
def test_the_hash_covers_every_part(tmp_path: Path, change: str) -> None:
    dataset = opened(tmp_path, "hi,there,red.png,ann,a", f"{change},b", "hi,there,red.png,ann,a")
    one, other, same = dataset.content_shas
    assert one == same != other


def test_the_hash_knows_which_part_is_missing_and_what_is_context(tmp_path: Path) -> None:
    dataset = opened(tmp_path, "hi,,red.png,ann,a", ",hi,red.png,ann,b", "hi,ann,red.png,,a")
    assert len(set(dataset.content_shas)) == 3


def test_a_missing_part_is_no_problem_unless_nothing_is_left(tmp_path: Path) -> None:
    dataset = opened(tmp_path, ",there,,ann,a", ",,red.png,,b", ",,,ann,a", "hi,x,red.png,bob,b")
    assert list(dataset.problems) == [2]
    assert [part.name for part in dataset.items([0])[0].parts] == ["body", "sender"]


def test_a_broken_part_is_a_problem_whatever_the_others_hold(tmp_path: Path) -> None:
    dataset = opened(tmp_path, "hi,there,gone.png,ann,a", "no,more,blue.png,bob,b", "so,x,red.png,eve,a")
    assert "gone.png" in dataset.problems[0] and len(dataset.problems) == 1


def test_a_column_may_be_named_once_and_not_be_the_label(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="'body' is named twice"):
        opened(tmp_path, "a,b,red.png,c,d", columns=Columns("label", ("body",), context=("body",)))
    with pytest.raises(SetupError, match="both the label and what is looked at"):
        opened(tmp_path, "a,b,red.png,c,d", columns=Columns("label", ("body",), context=("label",)))
    with pytest.raises(DataError, match="no column 'bod'"):
        opened(tmp_path, "a,b,red.png,c,d", columns=Columns("label", ("bod",)))

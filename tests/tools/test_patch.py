"""Patches: applied, undone, merged, refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from errata.errors import ErrataError, PatchConflict
from errata.tools import patch as patches
from errata.tools.data import Columns, Dataset, open_dataset
from errata.tools.data.fingerprint import sha_of_path
from errata.tools.patch import Patch, PatchLine

TEXT = Columns("label", ("text",))
LABELS = ["cat", "dog", "cat", None, "dog", "cow"]
NEW = {0: "dog", 3: "cat", 4: "cow"}


def csv_file(folder: Path) -> tuple[Path, Columns]:
    rows = [f'"t, {i}",{label or ""}' for i, label in enumerate(LABELS)]
    (folder / "a.csv").write_bytes("\r\n".join(["text,label", *rows]).encode())
    return folder / "a.csv", TEXT


def jsonl_file(folder: Path) -> tuple[Path, Columns]:
    rows = [
        json.dumps({"text": f"t{i}", "label": label} if label else {"text": f"t{i}"}) for i, label in enumerate(LABELS)
    ]
    (folder / "a.jsonl").write_text("\n".join(rows))
    return folder / "a.jsonl", TEXT


def parquet_file(folder: Path) -> tuple[Path, Columns]:
    table = pa.table({"text": [f"t{i}" for i in range(6)], "label": LABELS})
    pq.write_table(table, folder / "a.parquet", compression="gzip", row_group_size=4, write_statistics=False)
    return folder / "a.parquet", TEXT


def image_folder(folder: Path) -> tuple[Path, Columns]:
    for i, label in enumerate(["cat", "dog", "cat", "bird", "dog", "cow"]):
        (folder / "pets" / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((2, 2), i, dtype=np.uint8)).save(folder / "pets" / label / f"{i}.png")
    return folder / "pets", Columns(None)


def lines(dataset: Dataset, new: dict[int, str]) -> list[PatchLine]:
    return [
        PatchLine(
            item_id=dataset.item_ids[row],
            row=row,
            content_sha=dataset.content_shas[row],
            old=dataset.cells[row],
            new=label,
            decision="0" * 64,
            by="ada",
            at="2025-01-01T00:00:00+00:00",
            proposed=label,
            confidence=0.9,
            evidence=("verdict:1", "neighbors:2"),
        )
        for row, label in new.items()
    ]


@pytest.fixture(params=[csv_file, jsonl_file, parquet_file, image_folder])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    return open_dataset(*request.param(tmp_path))


@pytest.fixture
def csv(tmp_path: Path) -> Dataset:
    return open_dataset(*csv_file(tmp_path))


def reopened(dataset: Dataset, path: Path) -> Dataset:
    columns = Columns(None) if dataset.format == "image_folder" else dataset.columns
    return open_dataset(path, columns, allow_one_label=True)


def test_a_patch_is_applied_and_undone_to_the_source_s_content(source: Dataset) -> None:
    out, back = source.path.with_stem("out"), source.path.with_stem("back")
    done = patches.apply(patches.make(source, lines(source, NEW), run="r1"), source, out)
    applied = reopened(source, out)
    assert done.header.out_sha256 == applied.sha256 != source.sha256
    changed = {line.item_id: line for line in done.lines}
    assert [changed[source.item_ids[row]].new for row in sorted(NEW)] == [NEW[row] for row in sorted(NEW)]
    patches.revert(done, applied, back)
    undone = reopened(source, back)
    assert undone.cells == source.cells
    assert undone.content_shas == source.content_shas
    if source.format != "parquet":
        assert undone.sha256 == source.sha256


def test_the_source_s_own_bytes_come_back_while_it_is_at_hand(source: Dataset) -> None:
    out, back = source.path.with_stem("out"), source.path.with_stem("back")
    annotations = None if source.format == "image_folder" else {"errata_outcome": ["keep"] * len(source)}
    done = patches.apply(patches.make(source, lines(source, NEW)), source, out, annotations)
    patches.revert(done, reopened(source, out), back, source.path)
    assert sha_of_path(back) == source.sha256


@pytest.mark.parametrize("source", [csv_file, jsonl_file], indirect=True)
def test_a_text_file_that_was_overwritten_and_annotated_gets_its_bytes_back(source: Dataset) -> None:
    before = source.path.read_bytes()
    annotations: dict[str, Sequence[object]] = {"errata_outcome": ["keep"] * 6, "errata_confidence": [0.5] * 6}
    done = patches.apply(patches.make(source, lines(source, NEW)), source, source.path, annotations)
    assert source.path.read_bytes() != before
    patches.revert(done, reopened(source, source.path), source.path, source.path)
    assert source.path.read_bytes() == before


def test_two_patches_one_after_the_other_are_undone_one_by_one(csv: Dataset) -> None:
    first = patches.apply(patches.make(csv, lines(csv, {0: "dog"})), csv, csv.path.with_stem("one"))
    one = reopened(csv, csv.path.with_stem("one"))
    second = patches.apply(patches.make(one, lines(one, {5: "cat"})), one, csv.path.with_stem("two"))
    back = csv.path.with_stem("back")
    patches.revert(first, reopened(csv, csv.path.with_stem("two")), back, csv.path)
    assert reopened(csv, back).cells == ("cat", "dog", "cat", None, "dog", "cat")
    patches.revert(second, reopened(csv, back), back)
    assert back.read_bytes() == csv.path.read_bytes()


def test_a_patch_reads_back_as_it_was_written(csv: Dataset, tmp_path: Path) -> None:
    done = patches.apply(patches.make(csv, lines(csv, {**NEW, 5: 'ü"\n\u2028'}), run="r"), csv, tmp_path / "o.csv")
    done.write(tmp_path / "0001.jsonl")
    assert Patch.read(tmp_path / "0001.jsonl") == done
    assert len((tmp_path / "0001.jsonl").read_bytes().split(b"\n")) == 1 + 4 + 1


def test_lines_of_several_places_in_a_row_are_read_and_none_fits_a_single_label(csv: Dataset, tmp_path: Path) -> None:
    [line] = lines(csv, {0: "dog"})
    two = [line, line.model_copy(update={"place": "12-17"})]
    written = Patch(patches.make(csv, [line]).header.model_copy(update={"lines": 2}), tuple(two))
    written.write(tmp_path / "p.jsonl")
    assert Patch.read(tmp_path / "p.jsonl") == written
    assert [b"place" in row for row in (tmp_path / "p.jsonl").read_bytes().splitlines()] == [False, False, True]
    with pytest.raises(PatchConflict, match="has no label at place '12-17'"):
        patches.make(csv, two)
    with pytest.raises(PatchConflict, match="twice: row 0, place 12-17"):
        patches.make(csv, [two[1], two[1]])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda rows: rows[:-1], "holds 2 changes, but its first line says 3"),
        (lambda rows: [rows[0], rows[1][:40], *rows[2:]], "line 2, is no PatchLine"),
        (lambda rows: [rows[0].replace("patch.v1", "patch.v9"), *rows[1:]], "line 1, is no PatchHeader: format"),
        (lambda rows: [rows[0], rows[1], rows[1], rows[3]], "these twice: row 0"),
        (lambda rows: [], "line 1, is no PatchHeader"),
    ],
)
def test_a_damaged_patch_file_is_explained(
    csv: Dataset, tmp_path: Path, damage: Callable[[list[str]], list[str]], message: str
) -> None:
    path = tmp_path / "p.jsonl"
    patches.make(csv, lines(csv, NEW)).write(path)
    path.write_text("\n".join(damage(path.read_text().splitlines())))
    with pytest.raises(ErrataError, match=message):
        Patch.read(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"t, 0",cat', b'"t, 0",cow', r"row 0 \(0\) holds 'cow', not 'cat'"),
        (b'"t, 0",cat', b'"t, zero",cat', r"row 0 \(0\) has other content"),
        (b'"t, 4",dog\r\n"t, 5",cow', b"", r"row 4 \(4\) is not there"),
    ],
)
def test_data_that_moved_on_is_a_conflict_and_nothing_changes(
    csv: Dataset, tmp_path: Path, old: bytes, new: bytes, message: str
) -> None:
    patch = patches.make(csv, lines(csv, NEW))
    csv.path.write_bytes(csv.path.read_bytes().replace(old, new))
    with pytest.raises(PatchConflict, match=message):
        patches.apply(patch, open_dataset(csv.path, TEXT), tmp_path / "o.csv")
    assert not (tmp_path / "o.csv").exists()


def test_other_ids_and_other_columns_are_conflicts(csv: Dataset, tmp_path: Path) -> None:
    patch = patches.make(csv, lines(csv, NEW))
    with pytest.raises(PatchConflict, match="is item 't, 0'"):
        patches.apply(patch, open_dataset(csv.path, Columns("label", ("text",), id="text")), tmp_path / "o.csv")
    csv.path.write_bytes(csv.path.read_bytes().replace(b"label", b"class"))
    with pytest.raises(PatchConflict, match="for column 'label', not 'class'"):
        patches.apply(patch, open_dataset(csv.path, Columns("class", ("text",))), tmp_path / "o.csv")


def test_a_label_changed_by_someone_else_is_not_undone(csv: Dataset, tmp_path: Path) -> None:
    done = patches.apply(patches.make(csv, lines(csv, NEW)), csv, tmp_path / "o.csv")
    out = tmp_path / "o.csv"
    out.write_bytes(out.read_bytes().replace(b'"t, 0",dog', b'"t, 0",cow'))
    with pytest.raises(PatchConflict, match=r"row 0 \(0\) holds 'cow', not 'dog'"):
        patches.revert(done, open_dataset(out, TEXT), tmp_path / "b.csv", csv.path)
    assert not (tmp_path / "b.csv").exists()


def test_protected_rows_never_change(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label,gold\nx,a,1\ny,b,0\n")
    dataset = open_dataset(tmp_path / "a.csv", Columns("label", ("text",), protect="gold"))
    with pytest.raises(PatchConflict, match=r"row 0 \(0\) is protected"):
        patches.make(dataset, lines(dataset, {0: "b"}))

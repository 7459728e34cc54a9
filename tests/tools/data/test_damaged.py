"""Damaged or malicious files end in a clear error: never in a traceback, never in a crash.

The mutations are drawn from a seed. A fuzzer of the same kind ran over a hundred thousand of them.
"""

from __future__ import annotations

import json
import random
import shutil
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.errors import DataError
from errata.tools.data import Columns, Dataset, Edit, open_dataset, write_labels
from tests.tools.data.test_labels import csv

datasets = pytest.importorskip("datasets")
TEXT = Columns("label", ("text",))
ROWS = 12
VALUES: dict[str, Any] = {
    "text": [f"some text {i} \u00e9" for i in range(ROWS)],
    "label": list("abc") * 4,
    "more": [[1, 2]] * ROWS,
}
LENGTHS = (0, 1, 2**20, 2**31 - 1, 2**31, 2**32 - 1)
WORDS = (b"[", b"}", b'"', b",", b"null", b"-1", b"9" * 5000, b"[" * 3000, b'{"a":' * 3000, b"\\ud800", b"\xff", b"..")


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A copy with one to four bytes, lengths or spans changed."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(found))
        how = rng.randrange(5)
        if how == 0:
            found[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            found[at : at + 4] = struct.pack("<I", rng.choice(LENGTHS))
        elif how == 2:
            found[at : at + 8] = struct.pack("<Q", rng.choice((2**63 - 1, 2**64 - 1, 2**40)))
        elif how == 3:
            found[at : at + rng.choice((1, 8, 64))] = b""
        else:
            found[at:at] = rng.choice(WORDS)
        if not found:
            break
    return bytes(found)


def use(dataset: Dataset, out: Path) -> None:
    """Use the data as a run does."""
    for name in dataset.table.names:
        with suppress(DataError):
            dataset.column(name)
    if dataset.format != "hf":
        write_labels(dataset, {0: Edit(dataset.cells[0], dataset.label_space.names[-1])}, out)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hf") / "saved"
    datasets.disable_progress_bars()
    datasets.Dataset.from_dict(VALUES).save_to_disk(out)
    datasets.enable_progress_bars()
    return out


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_datasets_folder_is_an_error(folder: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    shutil.copytree(folder, tmp_path / "saved")
    files = [*sorted(folder.iterdir()), *folder.glob("*.arrow")]
    for _ in range(60):
        file = rng.choice(files)
        (tmp_path / "saved" / file.name).write_bytes(mutated(file.read_bytes(), rng))
        with suppress(DataError):
            use(open_dataset(tmp_path / "saved", TEXT), tmp_path / "out")
        shutil.copy(file, tmp_path / "saved" / file.name)


def test_an_offset_that_points_out_of_an_arrow_file_is_found_before_it_is_followed(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "saved")
    [file] = (tmp_path / "saved").glob("*.arrow")
    data = file.read_bytes()
    offsets = struct.pack("<3i", 0, *(len(text.encode()) for text in (VALUES["text"][0], "".join(VALUES["text"][:2]))))
    assert data.count(offsets) == 1
    file.write_bytes(data.replace(offsets, struct.pack("<3i", 0, 2**30, 2**31 - 1)))
    with pytest.raises(DataError, match="not a whole Hugging Face dataset folder"):
        open_dataset(tmp_path / "saved", TEXT)


def test_a_datasets_folder_names_no_file_outside_itself(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "saved")
    [file] = (tmp_path / "saved").glob("*.arrow")
    file.rename(tmp_path / "outside.arrow")
    state = json.loads((tmp_path / "saved" / "state.json").read_text())
    (tmp_path / "saved" / "state.json").write_text(
        json.dumps(state | {"_data_files": [{"filename": "../outside.arrow"}]})
    )
    with pytest.raises(DataError, match=r"state.json names '\.\./outside\.arrow', which is no file of the folder"):
        open_dataset(tmp_path / "saved", TEXT)


def test_a_folder_of_splits_without_splits_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "dataset_dict.json").write_text("{}")
    with pytest.raises(DataError, match="none of its splits"):
        open_dataset(tmp_path, TEXT)


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False, "compression": "NONE"}], ids=["usual", "plain"])
def test_a_damaged_parquet_file_is_an_error(tmp_path: Path, options: dict[str, Any]) -> None:
    pq.write_table(pa.table(VALUES), tmp_path / "whole.parquet", row_group_size=5, **options)
    data, rng = (tmp_path / "whole.parquet").read_bytes(), random.Random(0)
    for _ in range(300):
        (tmp_path / "a.parquet").write_bytes(mutated(data, rng))
        with suppress(DataError):
            use(open_dataset(tmp_path / "a.parquet", TEXT), tmp_path / "out.parquet")


def test_a_parquet_text_that_is_no_text_is_an_error_in_every_column(tmp_path: Path) -> None:
    words = pa.array([b"\xff\xfe", b"a", b"b"]).cast(pa.binary()).view(pa.string())
    good = pa.array(["x", "y", "z"])
    pq.write_table(pa.table({"text": good, "label": words}), tmp_path / "label.parquet")
    pq.write_table(pa.table({"text": words, "label": good}), tmp_path / "text.parquet")
    pq.write_table(pa.table({"text": good, "label": good, "more": words}), tmp_path / "more.parquet")
    for name in ("label", "text"):
        with pytest.raises(DataError, match=r"UTF8|utf-8"):
            open_dataset(tmp_path / f"{name}.parquet", TEXT)
    with pytest.raises(DataError, match=r"UTF8|utf-8"):
        use(open_dataset(tmp_path / "more.parquet", TEXT), tmp_path / "out.parquet")


@pytest.mark.parametrize("ending", ["csv", "jsonl", "toml"])
def test_damaged_text_is_an_error(tmp_path: Path, ending: str) -> None:
    whole = {
        "csv": "text,label,n\n"
        + "".join(f'"{t}, ""q""",{x},1\n' for t, x in zip(VALUES["text"], "abc" * 4, strict=True)),
        "jsonl": "".join(json.dumps({"text": t, "label": 1.5 * (i % 3)}) + "\n" for i, t in enumerate(VALUES["text"])),
        "toml": '[labels.a]\ndefinition = "one"\n[labels.b]\nwas = ["x", "y"]\n[labels."c"]\nparent = "p"\n',
    }
    base, rng = csv(tmp_path / "base.csv", "abc" * 4), random.Random(ending)
    for _ in range(300):
        path = tmp_path / f"a.{ending}"
        path.write_bytes(mutated(whole[ending].encode(), rng))
        with suppress(DataError):
            if ending == "toml":
                open_dataset(base, TEXT, path)
            else:
                use(open_dataset(path, TEXT), tmp_path / f"out.{ending}")


def test_a_record_too_deep_to_be_read_everywhere_is_an_error_at_once(tmp_path: Path) -> None:
    lines = ['{"text": "x", "label": "a"}', '{"text": "y", "label": "b", "more": %s1%s}']
    for depth, fine in ((99, True), (100, False), (900, False), (100_000, False)):
        (tmp_path / "a.jsonl").write_text("\n".join(lines) % ("[" * depth, "]" * depth))
        if fine:
            assert len(open_dataset(tmp_path / "a.jsonl", TEXT)) == 2
        else:
            with pytest.raises(DataError, match=r"line 2, is (nested more than 100 levels deep|not JSON)"):
                open_dataset(tmp_path / "a.jsonl", TEXT)


def test_a_csv_with_odd_characters_and_a_wide_header_keeps_its_bytes(tmp_path: Path) -> None:
    wide = "h" * 2**20
    for content in (
        "text,label\nx\0y,a\nz,b\nw,b\n",
        "text,label\rx,a\ry,b\rz,b\r",
        f"text,label,{wide}\nx,a,\ny,b,\nz,b,\n",
        f'text,label\n"{wide}\r{wide}",a\ny,b\nz,b\n',
    ):
        path = tmp_path / "a.csv"
        path.write_bytes(content.encode())
        dataset = open_dataset(path, TEXT)
        assert len(dataset) == 3
        raw = write_labels(dataset, {0: Edit("a", "b")}, tmp_path / "out.csv")
        changed = open_dataset(tmp_path / "out.csv", TEXT, allow_one_label=True)
        write_labels(changed, {0: Edit("b", "a", raw[0])}, tmp_path / "out.csv")
        assert (tmp_path / "out.csv").read_bytes() == content.encode()


def test_what_is_neither_a_file_nor_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(DataError, match="neither a file nor a folder"):
        open_dataset(tmp_path / "a.csv", TEXT)

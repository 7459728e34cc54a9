"""Marks: how cells are read and written, what their annotations are, and what a scan of them finds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.errors import DataError, PatchConflict
from errata.tools import patch as patches
from errata.tools.data import Columns, Dataset, open_dataset
from errata.tools.patch import PatchLine
from errata.tools.tasks.multi import ABSENT, LIKELY, MARKED, NAMES, TASK, UNMARKED, marks_of
from errata.tools.tasks.task import Column, LabelOptions, Labels, Vectors

TAGS = [["cat", "sofa"], [], ["dog"], ["sofa", "dog", "cat"], ["cat"], ["dog"]]
COLUMNS = Columns("tags", ("text",))
CHANGES = [(0, "sofa", MARKED, UNMARKED), (0, "dog", UNMARKED, MARKED), (1, "cat", UNMARKED, MARKED)]
CHANGED = [["cat", "dog"], ["cat"], *TAGS[2:]]


def read(*values: object, separator: str | None = None, class_names: tuple[str, ...] | None = None) -> Labels:
    return TASK.read(Column("tags", values, class_names), LabelOptions(separator=separator))


def csv_file(folder: Path) -> Path:
    rows = [f"t{i},{' | '.join(tags)}" for i, tags in enumerate(TAGS)]
    (folder / "a.csv").write_bytes("\r\n".join(["text,tags", *rows]).encode())
    return folder / "a.csv"


def json_csv_file(folder: Path) -> Path:
    rows = ['t{},"{}"'.format(i, json.dumps(tags).replace('"', '""')) for i, tags in enumerate(TAGS)]
    (folder / "a.csv").write_text("\n".join(["text,tags", *rows]), encoding="utf-8")
    return folder / "a.csv"


def jsonl_file(folder: Path) -> Path:
    (folder / "a.jsonl").write_text("\n".join(json.dumps({"text": f"t{i}", "tags": t}) for i, t in enumerate(TAGS)))
    return folder / "a.jsonl"


def parquet_file(folder: Path) -> Path:
    pq.write_table(pa.table({"text": [f"t{i}" for i in range(6)], "tags": TAGS}), folder / "a.parquet")
    return folder / "a.parquet"


def opened(path: Path) -> Dataset:
    if path.read_bytes().startswith(b"text,cat"):
        return open_dataset(path, Columns(None, ("text",), marks=("cat", "dog", "sofa")))
    return open_dataset(path, COLUMNS, separator="|" if b" | " in path.read_bytes() else None, task=TASK)


def lines(dataset: Dataset) -> list[PatchLine]:
    ids, shas = dataset.item_ids, dataset.content_shas
    return [
        PatchLine(item_id=ids[row], row=row, content_sha=shas[row], old=old, new=new, place=place)
        for row, place, old, new in CHANGES
    ]


def in_order(tags: list[list[str]], dataset: Dataset) -> list[list[str]]:
    """Columns of their own have one order."""
    return [sorted(of_row) for of_row in tags] if dataset.columns.marks else tags


def tags_of(path: Path) -> list[list[str]]:
    return [marks_of(cell or "[]") for cell in opened(path).cells]


def columns_file(folder: Path) -> Path:
    rows = [f"t{i},{','.join('01'[name in tags] for name in ('cat', 'dog', 'sofa'))}" for i, tags in enumerate(TAGS)]
    (folder / "b.csv").write_bytes("\r\n".join(["text,cat,dog,sofa", *rows]).encode())
    return folder / "b.csv"


FILES = [columns_file, csv_file, json_csv_file, jsonl_file, parquet_file]


@pytest.mark.parametrize("make", FILES)
def test_each_format_is_read_as_the_same_marks(make: object, tmp_path: Path) -> None:
    assert callable(make)
    dataset = opened(make(tmp_path))
    assert [marks_of(cell or "") for cell in dataset.cells] == in_order(TAGS, dataset)
    assert (dataset.label_space.names, dataset.label_space.marks) == (NAMES, ("cat", "dog", "sofa"))
    assert [(a.row, a.place) for a in dataset.task.annotations(dataset.cells)][:3] == [
        (0, "cat"),
        (0, "sofa"),
        (2, "dog"),
    ]


@pytest.mark.parametrize("make", FILES)
def test_only_the_changed_marks_change_and_a_revert_gives_the_same_bytes(make: object, tmp_path: Path) -> None:
    assert callable(make)
    source = opened(make(tmp_path))
    out, back = (source.path.with_stem(name) for name in ("out", "back"))
    applied = patches.apply(patches.make(source, lines(source)), source, out)
    assert tags_of(out) == in_order(CHANGED, source)
    patches.revert(applied, opened(out), back, source.path)
    assert back.read_bytes() == source.path.read_bytes()
    back.unlink()
    patches.revert(applied, opened(out), back)  # without the source: cell by cell
    assert tags_of(back) == in_order(TAGS, source)
    if source.format in ("csv", "jsonl"):
        assert back.read_bytes() == source.path.read_bytes()


def test_a_revert_leaves_alone_what_was_marked_since(tmp_path: Path) -> None:
    source = opened(csv_file(tmp_path))
    out, back = tmp_path / "out.csv", tmp_path / "back.csv"
    applied = patches.apply(patches.make(source, lines(source)), source, out)
    out.write_bytes(out.read_bytes().replace(b"cat | dog", b"cat | dog | tree"))
    patches.revert(applied, opened(out), back)
    assert tags_of(back) == [["cat", "tree", "sofa"], *TAGS[1:]]


def test_a_mark_that_changed_meanwhile_is_a_conflict(tmp_path: Path) -> None:
    source = opened(csv_file(tmp_path))
    changed = [lines(source)[0].model_copy(update={"old": UNMARKED, "new": MARKED})]
    with pytest.raises(PatchConflict, match=r"row 0 .* holds 'marked', not 'not marked'"):
        patches.make(source, changed)


def test_blanks_around_the_separator_do_not_matter_and_are_written_as_usual() -> None:
    labels = read("a ; b", "b;c ; d", None, "a;a; ;b", separator=";")
    assert [marks_of(cell or "") for cell in labels.cells] == [["a", "b"], ["b", "c", "d"], [], ["a", "b"]]
    assert labels.codec.stored('["x", "y"]') in ("x ; y", "x;y")
    assert labels.codec.stored("[]") == ""


def test_a_list_of_class_numbers_keeps_its_numbers() -> None:
    labels = read([0, 2], [], None, class_names=("cat", "dog", "sofa"))
    assert labels.cells == ('["cat", "sofa"]', "[]", None)
    assert labels.codec.stored('["sofa", "dog"]') == [2, 1]
    with pytest.raises(DataError, match="'fox' is not a class"):
        labels.codec.stored('["fox"]')


@pytest.mark.parametrize(
    ("values", "separator", "message"),
    [
        (("a|b", "c"), None, "row 0, holds 'a|b', which is no list of marks.*--separator"),
        ((1, 2), None, "row 0, holds 1, which is no list of marks"),
        ((["a"], "b"), None, "row 0, holds .* no list of marks"),
        ((["a", None], ["b"]), None, "row 0: the mark None is no name"),
        ((["a"], ["a"]), None, "only the label 'a'"),
        ((["a\ud800"], ["b"]), None, "half a character"),
    ],
)
def test_what_holds_no_marks_is_refused_with_its_row(values: tuple[object, ...], separator: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(*values, separator=separator)


def test_a_mark_that_holds_the_separator_cannot_be_written() -> None:
    with pytest.raises(DataError, match="holds the separator"):
        read("a|b", "c", separator="|").codec.stored('["a|b"]')


def test_a_scan_finds_marks_that_are_missing_and_those_that_are_superfluous() -> None:
    rng = np.random.default_rng(0)
    true_NK = rng.random((600, 4)) < 0.4
    vectors_ND = (true_NK @ rng.normal(size=(4, 16)) + 0.15 * rng.normal(size=(600, 16))).astype(np.float32)
    marked_NK = true_NK.copy()
    missing, superfluous = np.argwhere(true_NK)[::40], np.argwhere(~true_NK)[::80]
    marked_NK[tuple(missing.T)], marked_NK[tuple(superfluous.T)] = False, True
    names = "abcd"
    cells = [json.dumps([name for name, mark in zip(names, row, strict=True) if mark]) for row in marked_NK]
    cells[7] = None  # type: ignore[call-overload]
    found = TASK.scan(Vectors(vectors_ND), cells, np.ones(600, bool))
    given = TASK.annotations(cells)
    holds = dict(zip([(a.row, a.place) for a in [*given, *found.more]], found.probs_AK[:, 0].tolist(), strict=True))
    assert len(found.probs_AK) == len(given) + len(found.more) and not any(a.row == 7 for a in found.more)
    wrong = [holds[int(n), names[k]] for n, k in superfluous if n != 7]
    lacking = [holds.get((int(n), names[k]), 0.0) for n, k in missing if n != 7]
    assert np.mean(np.array(wrong) < 0.5) > 0.9 and np.mean(np.array(lacking) >= LIKELY) > 0.7
    assert sum(holds[a.row, a.place] < LIKELY for a in found.more) == ABSENT
    sure = [a for a in found.more if holds[a.row, a.place] > 0.5]
    assert np.mean([true_NK[a.row, names.index(a.place)] for a in sure]) > 0.9
    assert np.mean([holds[a.row, a.place] for a in given if true_NK[a.row, names.index(a.place)]]) > 0.95


@pytest.mark.parametrize(
    ("off", "on", "cells"),
    [("0", "1", b"0,1"), ("", "x", b",x"), ("no", "yes", b"no,yes"), ("False", "True", b"False,True")],
)
def test_a_column_of_a_mark_is_written_as_it_says_yes_and_no(tmp_path: Path, off: str, on: str, cells: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text,cat,dog\na,{on},{off}\nb,{off},{on}\n", encoding="utf-8")
    dataset = open_dataset(path, Columns(None, ("text",), marks=("cat", "dog")))
    change = [(0, "cat", MARKED, UNMARKED), (0, "dog", UNMARKED, MARKED)]
    ids, shas = dataset.item_ids, dataset.content_shas
    new = [
        PatchLine(item_id=ids[row], row=row, content_sha=shas[row], old=old, new=new, place=place)
        for row, place, old, new in change
    ]
    patches.apply(patches.make(dataset, new), dataset, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes().splitlines()[1] == b"a," + cells


def test_a_column_of_a_mark_that_says_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,cat,dog\na,1,0\nb,maybe,1\n")
    with pytest.raises(DataError, match=r"column 'cat' holds 'maybe'.*store 1 or 0"):
        open_dataset(tmp_path / "a.csv", Columns(None, ("text",), marks=("cat", "dog")))

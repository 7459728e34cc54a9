"""Votes as people keep them: each form is read to the same votes, and what cannot be right is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.errors import DataError, ErrataError
from errata.tools.data import Columns, Dataset, open_dataset
from errata.tools.tasks.registry import task_named

VOTES = {
    "i0": {"ann": "cat", "bob": "cat", "cy": "dog"},
    "i1": {"ann": "dog", "cy": "dog"},
    "i2": {},
    "i3": {"bob": "cat"},
}
PEOPLE = ("ann", "bob", "cy")


def lists() -> dict[str, list[Any]]:
    each = VOTES.values()
    return {"votes": [list(one.values()) for one in each], "by": [list(one) for one in each]}


def write(folder: Path, columns: dict[str, list[Any]], ending: str = ".parquet") -> Path:
    path, more = folder / f"d{ending}", {"id": list(VOTES), "text": [f"text {item}" for item in VOTES]}
    table = more | columns
    if ending == ".parquet":
        pq.write_table(pa.table(table), path)
    elif ending == ".jsonl":
        rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        lines = [list(table), *map(list, zip(*table.values(), strict=True))]
        path.write_text("\n".join(";".join("" if cell is None else str(cell) for cell in row) for row in lines))
    return path


def opened(path: Path, *votes: str, annotators: str | None = None, label: str | None = None, **options: Any) -> Dataset:
    return open_dataset(path, Columns(label, ("text",), id="id", votes=votes, annotators=annotators), **options)


def cast(dataset: Dataset) -> dict[str, dict[str, str]]:
    assert dataset.voted is not None
    votes, names = dataset.voted.votes, dataset.label_space.names
    found: dict[str, dict[str, str]] = {item: {} for item in dataset.item_ids}
    for item, person, label in zip(votes.item_V, votes.annotator_V, votes.label_V, strict=True):
        found[dataset.item_ids[item]][dataset.voted.annotators[person]] = names[label]
    return found


@pytest.mark.parametrize("ending", [".parquet", ".jsonl"])
def test_a_column_of_lists_and_one_of_names(tmp_path: Path, ending: str) -> None:
    assert cast(opened(write(tmp_path, lists(), ending), "votes", annotators="by")) == VOTES


def test_a_column_of_lists_of_votes_with_their_annotators(tmp_path: Path) -> None:
    votes = [[{"worker_id": who, "label": label} for who, label in one.items()] for one in VOTES.values()]
    assert cast(opened(write(tmp_path, {"votes": votes}), "votes")) == VOTES


def test_lists_in_text(tmp_path: Path) -> None:
    separated = {name: ["|".join(row) for row in column] for name, column in lists().items()}
    assert cast(opened(write(tmp_path, separated, ".csv"), "votes", annotators="by", separator="|")) == VOTES
    as_json = {name: [json.dumps(row) for row in column] for name, column in lists().items()}
    assert cast(opened(write(tmp_path, as_json, ".jsonl"), "votes", annotators="by")) == VOTES


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_column_for_each_annotator(tmp_path: Path, ending: str) -> None:
    columns = {who: [one.get(who) for one in VOTES.values()] for who in PEOPLE}
    assert cast(opened(write(tmp_path, columns, ending), *PEOPLE)) == VOTES


def test_a_table_of_votes(tmp_path: Path) -> None:
    long = [(item, who, label) for item, one in VOTES.items() for who, label in one.items()]
    (tmp_path / "v.csv").write_text("\n".join(",".join(row) for row in [("Item_ID", "Worker", "label"), *long]))
    assert cast(opened(write(tmp_path, {}), str(tmp_path / "v.csv"))) == VOTES


def test_the_labels_are_the_majority_and_a_tie_goes_to_the_likelier_one(tmp_path: Path) -> None:
    many = [["cat"] * 3 + ["dog"], ["dog"] * 3 + ["cat"]] * 10
    rows = {"votes": many, "by": [["good", "fine", "sound", "bad"]] * 20}
    rows["votes"].append(["dog", "cat"])
    rows["by"].append(["good", "bad"])
    table = {"id": [f"i{n}" for n in range(21)], "text": [f"t{n}" for n in range(21)], **rows}
    pq.write_table(pa.table(table), tmp_path / "d.parquet")
    found = opened(tmp_path / "d.parquet", "votes", annotators="by")
    assert found.cells == ("cat", "dog") * 10 + ("dog",)
    assert not found.labels_stored and found.label_column == "votes"


def test_rows_without_votes_have_no_label(tmp_path: Path) -> None:
    found = opened(write(tmp_path, lists()), "votes", annotators="by")
    assert found.cells[2] is None and found.left_out.without_label == 1
    assert "1 of 4 rows have no vote." in found.remarks


def test_votes_beside_a_label_column_are_labels_of_it(tmp_path: Path) -> None:
    path = write(tmp_path, lists() | {"label": ["Cat", "dog", "dog", "Cat"]})
    found = opened(path, "votes", annotators="by", label="label")
    assert found.cells == ("Cat", "dog", "dog", "Cat") and found.labels_stored
    assert cast(found)["i0"] == {"ann": "Cat", "bob": "Cat", "cy": "dog"}


def test_numbers_are_what_the_label_file_says_they_were(tmp_path: Path) -> None:
    numbers = {"votes": [[{"cat": 0, "dog": 1}[label] for label in one.values()] for one in VOTES.values()]}
    path = write(tmp_path, lists() | numbers | {"label": ["cat", "dog", "dog", "cat"]})
    (tmp_path / "l.toml").write_text('[labels.cat]\nwas = ["0"]\n[labels.dog]\nwas = ["1"]\n')
    assert cast(opened(path, "votes", annotators="by", label_file=tmp_path / "l.toml")) == VOTES
    assert cast(opened(path, "votes", annotators="by", label="label", label_file=tmp_path / "l.toml")) == VOTES
    with pytest.raises(DataError, match=r"row 0, annotator 'ann': the vote '0' is no label .* was = "):
        opened(path, "votes", annotators="by", label="label")


def test_votes_of_nobody_known_count_as_those_of_one(tmp_path: Path) -> None:
    found = opened(write(tmp_path, {"votes": lists()["votes"]}), "votes")
    assert found.voted is not None and found.voted.annotators == ("(unknown)",)
    assert any("Nobody knows who gave the votes" in remark for remark in found.remarks)
    named = lists()
    named["by"][0][1] = None
    found = opened(write(tmp_path, named), "votes", annotators="by")
    assert any(remark.startswith("1 of 6 votes do not say whose they are") for remark in found.remarks)


def test_one_vote_in_every_row_is_told(tmp_path: Path) -> None:
    single = {"votes": [["cat"], ["dog"], ["cat"], ["dog"]], "by": [["ann"], ["bob"], ["ann"], ["bob"]]}
    found = opened(write(tmp_path, single), "votes", annotators="by")
    assert "No row has two votes: how far annotators agree cannot be measured." in found.remarks


def changed(**columns: list[Any]) -> dict[str, list[Any]]:
    return lists() | columns


WRONG: list[tuple[dict[str, list[Any]], dict[str, Any], str]] = [
    (
        changed(by=[["ann", "bob", "ann"], ["ann", "cy"], [], ["bob"]]),
        {},
        r"row 0: annotator 'ann' voted more than once \('cat', 'dog'; 1",
    ),
    (changed(by=[["ann", "bob"], ["ann", "cy"], [], ["bob"]]), {}, "row 0 has 3 votes by 2 annotators"),
    (changed(votes=[[], [], [], []], by=[[], [], [], []]), {}, "there is no vote in votes"),
    (changed(votes=["cat", "dog", "", "cat"]), {}, "column 'votes', row 0, holds 'cat', which is no list"),
    (changed(votes=[[{"who": "ann", "label": "cat"}], [], [], []]), {"annotators": None}, "has no annotator"),
    (changed(votes=[["cat"] * 3, ["cat"] * 2, [], ["cat"]]), {}, "only the label 'cat'"),
    (lists(), {"task": "multi"}, "the task is multi"),
    (lists(), {"annotators": "nobody"}, "no column 'nobody'"),
]


@pytest.mark.parametrize(("columns", "options", "said"), WRONG, ids=range(len(WRONG)))
def test_what_cannot_be_right_is_refused(
    tmp_path: Path, columns: dict[str, list[Any]], options: dict[str, Any], said: str
) -> None:
    if "task" in options:
        options = options | {"task": task_named(options["task"])}
    with pytest.raises(ErrataError, match=said):
        opened(write(tmp_path, columns), "votes", **({"annotators": "by"} | options))


def test_a_vote_that_is_no_label_of_the_label_file_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "l.toml").write_text("[labels.cat]\n[labels.cow]\n")
    with pytest.raises(DataError, match=r"row 0, annotator 'cy': label 'dog' is not in l.toml"):
        opened(write(tmp_path, lists()), "votes", annotators="by", label_file=tmp_path / "l.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("item_id,label\ni0,cat", "no column for the annotator of a vote: it needs item_id, annotator, and label"),
        ("item_id,annotator,label\ni0,ann,cat\nix,ann,dog", "row 1: the data has no item 'ix'"),
    ],
)
def test_a_table_of_votes_that_does_not_fit_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "v.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        opened(write(tmp_path, {}), str(tmp_path / "v.csv"))
    with pytest.raises(ErrataError, match="There is no file"):
        opened(write(tmp_path, {}), str(tmp_path / "w.csv"))
    with pytest.raises(ErrataError, match="name it alone"):
        opened(write(tmp_path, lists()), str(tmp_path / "v.csv"), "votes")


def test_names_without_votes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ErrataError, match="--annotators says who gave the votes"):
        opened(write(tmp_path, lists() | {"label": ["cat", "dog"] * 2}), annotators="by", label="label")

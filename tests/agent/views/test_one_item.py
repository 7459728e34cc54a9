"""Reading a single item gives the same as reading all of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errata.agent.decisions import by_rule
from errata.agent.drive import drive, resume
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace, open_run
from errata.agent.views.item import evidence_of
from errata.agent.views.results import result_rows
from errata.agent.views.status import status_of
from errata.errors import DataError
from errata.settings import Settings
from tests.by_hand import closed_later, somebody
from tests.conftest import Judge, stub_server
from tests.topics import write_topics

TEXTS = ["a meow", 'a "purr",\nand a hiss', "", "a woof", "ein Bellen \u00e4\u2028\u00f6", "  "]
ENDINGS = ["csv", "jsonl", "parquet"]


def settings(*judges: str) -> Settings:
    values = {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "costs": {"break_right": 1.0}}
    return Settings.model_validate(values | {"judge": judges, "calibrate": False})


def check_each_item(workspace: Workspace) -> None:
    anew = closed_later(open_run(workspace.folder))
    snapshot, table = Snapshot.of(workspace), result_rows(workspace)
    said = [*snapshot.verdicts, *snapshot.control_verdicts]
    for row in snapshot.rows:
        found = evidence_of(anew, row.item_id)
        assert {name: found[name] for name in table[row.idx]} == table[row.idx]
        assert [one["said"] for one in found["verdicts"]] == [one.said for one in said if one.idx == row.idx]
        assert Snapshot.of(anew).posterior_of(row) == snapshot.view.posterior.item(row.idx)  # to the last bit


def test_an_item_is_shown_as_the_whole_run_has_it(tmp_path: Path, judge: Judge) -> None:
    write_topics(tmp_path / "mail.csv")
    with stub_server(tmp_path / "second.log", "--model", "second", "--first-always") as second:
        judges = (second.spec.replace("stub@", "second@"), judge.spec)
        workspace = closed_later(begin(tmp_path / "mail.csv", settings(*judges)))
        drive(workspace, lambda step, done, total: None)
    assert {verdict.judge for verdict in Snapshot.of(workspace).verdicts} == {"second", "stub"}
    check_each_item(workspace)
    by_rule.decide_where(workspace, somebody(workspace), True, "outcome == 'relabel' and confidence > 0.5")
    check_each_item(workspace)
    resume(workspace, True, lambda step, done, total: None)
    check_each_item(workspace)
    assert set(status_of(workspace)["statuses"]) > {"applied", "scanned"}


@pytest.mark.parametrize("ending", ENDINGS)
def test_its_text_is_that_of_the_whole_data(tmp_path: Path, ending: str) -> None:
    data = tmp_path / f"d.{ending}"
    write(data, TEXTS)
    workspace = closed_later(begin(data, Settings(text=("text",), label="label")))
    anew = closed_later(open_run(workspace.folder))
    assert [anew.texts(n) for n in range(len(TEXTS))] == [item.texts for item in workspace.dataset.items(range(6))]


@pytest.mark.parametrize("ending", ENDINGS)
def test_data_that_has_changed_is_refused(tmp_path: Path, ending: str) -> None:
    data = tmp_path / f"d.{ending}"
    write(data, TEXTS)
    folder = closed_later(begin(data, Settings(text=("text",), label="label"))).folder
    write(data, [*TEXTS[:-1], "another"])
    with pytest.raises(DataError, match="has changed since this run was started"):
        evidence_of(closed_later(open_run(folder)), "0")


def write(data: Path, texts: list[str]) -> None:
    labels = ["cat", "dog"] * (len(texts) // 2)
    if data.suffix == ".parquet":
        pq.write_table(pa.table({"text": texts, "label": labels}), data)
    elif data.suffix == ".jsonl":
        rows = (json.dumps({"text": text, "label": label}) for text, label in zip(texts, labels, strict=True))
        data.write_text("\n".join(rows), encoding="utf-8")
    else:
        with data.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("text", "label"), *zip(texts, labels, strict=True)])

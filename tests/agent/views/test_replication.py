"""errata report --methods: a paragraph with the figures, and a folder that says all but the data's content."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.command import errata
from tests.conftest import Judge
from tests.inputs import SHAPES, mail_rows, picture, table_bytes

COUNT = 60


@pytest.fixture
def mail(tmp_path: Path, judge: Judge) -> Path:
    """Judged by a stub, decided by two people, one of them by a rule, and applied."""
    data = tmp_path / "mail.csv"
    rows = [(f"secret-{name}@x.org", text, label) for name, text, label in mail_rows(COUNT, wrong=8)]
    data.write_bytes(table_bytes(rows))
    columns = ("--text", "text", "--label", "label", "--id", "id", "--embedder", "plain")
    errata("run", data, *columns, "--judge", judge.spec, "--no-calibrate", "--protocol", "blind_choice", "--yes")
    errata("decide", data, "--as", "Ann Smith", "--accept", "--where", "item_id == 'secret-m1@x.org'")
    errata("decide", data, "--as", "Bo Jones", "--reject", "--where", "outcome != 'keep'")
    assert errata("apply", data).code == 0
    return data


def replicated(data: Path) -> tuple[str, Path]:
    found = errata("report", data, "--methods", "--json").json
    return found["methods"], Path(found["replication"])


def lines(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_the_paragraph_has_the_figures(mail: Path) -> None:
    told, folder = replicated(mail)
    assert f"{COUNT} labels of 3 classes" in told and version("errata-labels") in told
    assert sha256(mail.read_bytes()).hexdigest()[:12] in told
    prompts = json.loads((folder / "run.json").read_text("utf-8"))["prompts"]
    assert prompts and all(row["sha"][:12] in told and row["judge"] in told for row in prompts)
    assert (
        "by a rule, without a look at each item" in told and "No random check of the given labels was completed" in told
    )
    status = errata("status", mail, "--json").json
    assert f"of {status['decided']}" in told or f"on {status['decided']} labels" in told
    assert errata("report", mail, "--methods").out.startswith(told[:60])


def test_nothing_of_the_data_s_content_is_in_the_folder(mail: Path) -> None:
    _, folder = replicated(mail)
    written = "\n".join(file.read_text("utf-8") for file in folder.rglob("*") if file.is_file())
    assert "secret" not in written and "x.org" not in written
    for _, text, _ in mail_rows(COUNT, wrong=8):
        assert text not in written and text.split("the ")[1][:20] not in written
    assert "Ann" not in written and "Jones" not in written and "127.0.0.1" not in written
    assert str(mail.parent) not in written and mail.name not in written


def test_the_folder_says_who_was_asked_decided_and_changed(mail: Path) -> None:
    _, folder = replicated(mail)
    asked, decided = lines(folder / "asked.jsonl"), lines(folder / "decisions.jsonl")
    (patch,) = (folder / "patches").iterdir()
    changed = lines(patch)
    assert {row["inclusion_probability"] for row in asked} <= {1.0, 0.02} and any(row["judged"] for row in asked)
    assert {row["by"] for row in decided} <= {"person 1", "person 2"} and len(decided) > len(changed)
    assert len(changed) == len(errata("diff", mail, "--json").json)
    by_row = {row["row"]: row["id_sha256"] for row in (*asked, *decided, *changed)}
    assert all(sha == sha256(f"secret-m{row}@x.org".encode()).hexdigest() for row, sha in by_row.items())


def test_an_edited_folder_is_kept_among_the_backups(mail: Path) -> None:
    _, folder = replicated(mail)
    replicated(mail)
    assert not (folder.parent / "backups").exists()
    (folder / "README.md").write_text("my own words", encoding="utf-8")
    replicated(mail)
    (backup,) = (folder.parent / "backups").iterdir()
    assert (backup / "README.md").read_text("utf-8") == "my own words"
    assert (folder / "README.md").read_text("utf-8") != "my own words"


def test_no_image_is_in_the_folder(tmp_path: Path) -> None:
    data, images = tmp_path / "shapes.parquet", [picture(SHAPES[i % 3], i) for i in range(30)]
    pq.write_table(pa.table({"x": images, "y": [SHAPES[(i + (i < 4)) % 3] for i in range(30)]}), data)
    errata("scan", data, "--image", "x", "--label", "y", "--embedder", "plain")
    told, folder = replicated(data)
    written = b"\n".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    for image in images:
        assert image not in written and base64.b64encode(image)[:60] not in written and image[:8] not in written
    assert "No model was asked." in told and "Nobody decided" in told


def test_a_run_without_proposals_has_no_methods_yet(tmp_path: Path) -> None:
    assert errata("report", tmp_path / "none.csv", "--methods").code == 2

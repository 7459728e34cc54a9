"""What the report says about the data as a whole, and about the kinds of errors in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import errata
from tests.inputs import mail_rows, table_bytes

LABELS = (
    '[labels.sport]\nparent = "leisure"\n[labels.kitchen]\nparent = "leisure"\n[labels.space]\nparent = "science"\n'
)


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """Wrong labels in the first 12 rows; row 20 is a copy of row 23 under another label."""
    rows = [list(row) for row in mail_rows(90, wrong=12)]
    rows[20][1], rows[20][2] = rows[23][1], "kitchen"
    (tmp_path / "labels.toml").write_text(LABELS, encoding="utf-8")
    (tmp_path / "mail.csv").write_bytes(table_bytes(rows))
    return tmp_path / "mail.csv"


def reported(data: Path, *options: str) -> tuple[Any, str]:
    errata("scan", data, "--text", "text", "--label", "label", "--id", "id", "--embedder", "plain", *options)
    assert errata("report", data).code == 0
    page = data.with_suffix(".errata") / "report.html"
    return json.loads(page.with_suffix(".json").read_text("utf-8")), page.read_text("utf-8")


def test_kinds_and_severity_are_in_the_report_where_labels_have_parents(mail: Path) -> None:
    found, page = reported(mail, "--labels", str(mail.with_name("labels.toml")))
    kinds = {row["kind"]: row for row in found["kinds"]}
    assert {"alike", "copies"} <= kinds.keys() and kinds["alike"]["minor"] == kinds["alike"]["items"]
    assert sum(row["severe"] for row in kinds.values())
    assert sum(row["items"] for row in kinds.values()) == sum(flow["items"] for flow in found["flows"])
    assert "labels that are much alike: under one parent" in page and '<th class="n">severe</th>' in page


def test_without_parents_severity_is_not_known_and_said_so(mail: Path) -> None:
    found, page = reported(mail)
    assert found["kinds"] and not any(row["severe"] or row["minor"] for row in found["kinds"])
    assert '<th class="n">severe</th>' not in page and "no parents are given" in page


def test_label_sharpness_and_dimension_are_in_the_profile(mail: Path) -> None:
    found, page = reported(mail)
    assert "(label sharpness)" in found["profile"]["geometry"] and "(intrinsic dimension)" in page

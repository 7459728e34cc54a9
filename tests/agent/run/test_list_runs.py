"""Runs are listed by what they look at and what they ask about, however many columns that is."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.command import errata

COLUMNS = ("id", "subject", "body", "a", "b", "cat", "dog")


@pytest.mark.parametrize(
    ("named", "content", "label"),
    [
        (("--text", "subject", "--text", "body", "--label", "a"), ["subject", "body"], "a"),
        (("--text", "body", "--votes", "a", "--separator", "|"), ["body"], "a"),
        (("--text", "body", "--votes", "a", "--votes", "b"), ["body"], "a + b"),
        (("--text", "body", "--mark", "cat", "--mark", "dog"), ["body"], "cat + dog"),
    ],
)
def test_every_column_is_named(tmp_path: Path, named: tuple[str, ...], content: list[str], label: str) -> None:
    with (tmp_path / "m.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [[f"m{i}", f"on {i}", f"text {i}", "xy"[i % 2], "yx"[i % 3 == 0], i % 2, i % 3 == 0] for i in range(60)]
        csv.writer(file).writerows([COLUMNS, *rows])
    assert errata("scan", "m.csv", *named, "--id", "id", "--embedder", "plain", cwd=tmp_path).code == 0
    ((run,),) = errata("runs", "--json", cwd=tmp_path).json.values()
    assert run["content"] == content and run["label"] == label
    said = errata("runs", cwd=tmp_path)
    assert said.code == 0 and all(name in said.out for name in content)

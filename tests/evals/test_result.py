"""A result file tells how to make it again, and nothing about the machine that made it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from evals.result import write_result


def test_a_path_is_told_as_it_could_be_typed_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = Path.cwd().parent / "shared" / "data", Path("/somewhere/else/vectors.npy")
    monkeypatch.setattr(sys, "argv", ["evals", "votes", str(near), "--keep", str(far), "docs/x.md"])
    write_result(tmp_path / "votes.json", {"ap": 0.5}, seed=0)
    told = json.loads((tmp_path / "votes.json").read_text("utf-8"))["command"]
    assert told == "evals votes ../shared/data --keep vectors.npy docs/x.md"
    assert told in (tmp_path / "history.jsonl").read_text("utf-8")

"""Content is embedded in blocks, but by an embedder that is fitted to what it gets, all at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from errata.agent.evidence import scan
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.settings import Settings
from errata.tools.features.embedder import CountProgress
from errata.types import F32, Item
from tests.by_hand import closed_later
from tests.topics import write_topics


class Counting:
    """Gives each item a vector, and notes how many it got at once."""

    name = "counting"
    strength: Literal["semantic", "plain"] = "plain"

    def __init__(self, *, per_item: bool) -> None:
        self.per_item = per_item
        self.got: list[int] = []

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        self.got.append(len(items))
        return np.array([[len(item.text or ""), item.idx + 1] for item in items], np.float32)


@pytest.mark.parametrize(("per_item", "got"), [(True, [25, 25, 10]), (False, [60])])
@pytest.mark.parametrize("limit", ["BLOCK", "BLOCK_BYTES"])
def test_what_is_fitted_to_its_items_gets_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, per_item: bool, got: list[int], limit: str
) -> None:
    write_topics(tmp_path / "mail.csv", rows=60)
    workspace = closed_later(begin(tmp_path / "mail.csv", Settings(text=("message",), label="topic")))
    monkeypatch.setattr(scan, limit, {"BLOCK": 25, "BLOCK_BYTES": -1}[limit])
    embedder = Counting(per_item=per_item)
    vectors_ND = scan.embed_all(workspace, embedder, no_progress)
    assert embedder.got == (got if limit == "BLOCK" or not per_item else [1] * 60)
    assert vectors_ND[:, 1].tolist() == list(range(1, 61))

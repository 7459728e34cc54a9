"""Content is embedded in blocks, but by an embedder that is fitted to what it gets, all at once."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from errata.agent.evidence.scan import BLOCK, BLOCK_BYTES, embed_all
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.settings import Settings
from errata.tools.features.embedder import CountProgress
from errata.types import F32, Item
from tests.by_hand import closed_later


class Counting:
    """Gives each item a vector, and notes how many it got at once."""

    name = "counting"
    strength: Literal["semantic", "plain"] = "plain"

    def __init__(self, *, per_item: bool) -> None:
        self.per_item = per_item
        self.got: list[int] = []

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        self.got.append(len(items))
        return np.array([[item.idx + 1, 1] for item in items], np.float32)


def embedded(data: Path, *, per_item: bool, run: str = "m.errata", **settings: Any) -> list[int]:
    """How many items the embedder got each time."""
    workspace = closed_later(begin(data, Settings(label="label", **settings), data.with_name(run)))
    embedder = Counting(per_item=per_item)
    vectors_ND = embed_all(workspace, embedder, no_progress)
    assert vectors_ND[:, 0].tolist() == list(range(1, len(workspace.dataset) + 1))
    return embedder.got


@pytest.mark.parametrize(("per_item", "got"), [(True, [BLOCK, BLOCK, 52]), (False, [2 * BLOCK + 52])])
def test_many_items_are_several_blocks(tmp_path: Path, per_item: bool, got: list[int]) -> None:
    with (tmp_path / "m.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [[f"text {i}", "xy"[i % 2]] for i in range(2 * BLOCK + 52)]
        csv.writer(file).writerows([["text", "label"], *rows])
    assert embedded(tmp_path / "m.csv", per_item=per_item, text=("text",)) == got


def test_large_images_are_several_blocks_but_for_what_is_fitted_to_them(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (6, 1800, 1500, 3), np.uint8)
    images = []
    for i, pixels in enumerate(noise):
        Image.fromarray(pixels).save(tmp_path / f"{i}.bmp")
        images.append((tmp_path / f"{i}.bmp").read_bytes())
    images = [image + bytes([k]) for k in range(2) for image in images]
    assert 12 * len(images[0]) > BLOCK_BYTES
    pq.write_table(pa.table({"image": images, "label": ["x", "y"] * 6}), tmp_path / "i.parquet")
    in_blocks = embedded(tmp_path / "i.parquet", per_item=True, image=("image",), run="a.errata")
    at_once = embedded(tmp_path / "i.parquet", per_item=False, image=("image",), run="b.errata")
    assert len(in_blocks) == 2 and sum(in_blocks) == 12 and at_once == [12]

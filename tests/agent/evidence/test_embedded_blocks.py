"""Embedding that is interrupted repeats at most one block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from errata.agent.contributions import Features
from errata.agent.evidence.scan import BLOCK, embed, embed_all
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace
from errata.errors import StoreError
from errata.settings import Settings
from errata.testing import ToyEmbedder
from errata.types import F32, Item
from tests.topics import write_topics

ROWS = 3 * BLOCK + 100


class Killed(BaseException):
    """Ends embedding as nothing in errata expects."""


class CountingEmbedder(ToyEmbedder):
    """Counts what it embeds, and is killed at a block."""

    def __init__(self, name: str = "counting", killed_at: int | None = None) -> None:
        super().__init__()
        self.name, self.blocks, self.embedded = name, 0, set[str]()
        self._killed_at = killed_at

    def embed(self, items: Sequence[Item], progress: Callable[[int], None] | None = None) -> F32:
        if self.blocks == self._killed_at:
            raise Killed
        self.blocks += 1
        self.embedded |= {item.content_sha for item in items}
        return super().embed(items, progress)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    write_topics(tmp_path / "mail.csv", rows=ROWS)
    settings = Settings(label="topic", text=("message",), id="id", embedder="plain")
    made = begin(tmp_path / "mail.csv", settings, tmp_path / "run")
    yield made
    made.close()


def test_what_was_embedded_before_a_kill_is_not_embedded_again(workspace: Workspace) -> None:
    killed, again = CountingEmbedder(killed_at=2), CountingEmbedder()
    with pytest.raises(Killed):
        embed_all(workspace, killed, no_progress)
    found = embed_all(workspace, again, no_progress)
    assert len(killed.embedded) == 2 * BLOCK and not killed.embedded & again.embedded
    contents = {row.content_sha for row in Snapshot.of(workspace).rows}
    assert killed.embedded | again.embedded == contents
    features = Snapshot.of(workspace).contributions.find(Features)
    assert features is not None and features.embedded == len(contents)
    whole = ToyEmbedder().embed(list(workspace.dataset.each(range(ROWS))))
    np.testing.assert_array_equal(found, whole)


def test_blocks_of_another_embedder_are_not_taken(workspace: Workspace) -> None:
    with pytest.raises(Killed):
        embed_all(workspace, CountingEmbedder(killed_at=2), no_progress)
    other = CountingEmbedder("counting, version 2")
    embed_all(workspace, other, no_progress)
    assert len(other.embedded) == len({row.content_sha for row in Snapshot.of(workspace).rows})


def test_blocks_are_gone_once_the_embeddings_are_saved(workspace: Workspace) -> None:
    with pytest.raises(Killed):
        embed_all(workspace, CountingEmbedder(killed_at=2), no_progress)
    assert len(workspace.arrays.names("embedded-")) == 2
    embed(workspace, no_progress)
    assert workspace.arrays.names("embedded-") == []


def test_a_damaged_block_is_refused(workspace: Workspace) -> None:
    with pytest.raises(Killed):
        embed_all(workspace, CountingEmbedder(killed_at=1), no_progress)
    (path,) = workspace.folder.arrays(workspace.run.run_id).glob("embedded-*.npy")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StoreError, match=r"is damaged.*run the same command again"):
        embed_all(workspace, CountingEmbedder(), no_progress)

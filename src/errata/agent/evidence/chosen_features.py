"""Choose between features that can stand side by side or alone, by how well the data's own labels bear each out."""

from __future__ import annotations

import numpy as np

from errata.agent.evidence.embedded_blocks import EmbeddedBlocks
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.notices import Progress
from errata.agent.run.workspace import Workspace
from errata.tools.features.borne_out import most_borne_out
from errata.tools.features.embedder import Embedder, embed_readable
from errata.tools.features.side_by_side import SideBySide, leaves, vectors_of, ways
from errata.types import F32, Int

SAMPLE = 2000
"""Labeled items that decide. Fewer favor features of few dimensions, which need fewer items to learn from."""
FEWEST = 100
"""With fewer, nothing is decided: all features are used."""
READ = 32
"""Items read at once."""


def chosen(workspace: Workspace, embedder: Embedder, progress: Progress) -> Embedder:
    """``embedder``, or that one of its parts which alone the labels bear out clearly better.

    Decided once for each run, on evenly spread labeled items, whose vectors are kept.
    """
    if not isinstance(embedder, SideBySide) or not embedder.per_item or workspace.task.own_scan:
        return embedder
    for way in ways(embedder):
        if EmbeddedBlocks(workspace.arrays, way.name).known():  # decided before the run was killed
            return way
    sample, rows = _sample(workspace), Snapshot.of(workspace)
    by_idx = _vectors(workspace, embedder, sample, progress)
    labels_n, given_n = np.unique(rows.given_N[list(by_idx)], return_inverse=True)
    if len(by_idx) < FEWEST or len(labels_n) < 2:
        return embedder
    by_leaf = {leaf.name: np.stack([vectors[leaf.name] for vectors in by_idx.values()]) for leaf in leaves(embedder)}
    options = [vectors_of(way, by_leaf) for way in ways(embedder)]
    best = most_borne_out(options, given_n, len(labels_n))
    way = list(ways(embedder))[best]
    shas = [rows.rows[idx].content_sha for idx in by_idx]
    EmbeddedBlocks(workspace.arrays, way.name).add(dict(zip(shas, options[best], strict=True)))
    return way


def _sample(workspace: Workspace) -> Int:
    """Readable labeled items of different content, in order."""
    snapshot = Snapshot.of(workspace)
    first = {row.content_sha: row.idx for row in reversed(snapshot.rows) if row.problem is None}
    labeled = np.array(sorted(idx for idx in first.values() if snapshot.given_N[idx] >= 0), np.int64)
    places = np.linspace(0, max(len(labeled) - 1, 0), min(SAMPLE, len(labeled)))
    spread: Int = labeled[places.astype(np.int64)]
    return spread


def _vectors(workspace: Workspace, embedder: SideBySide, sample: Int, progress: Progress) -> dict[int, dict[str, F32]]:
    """The vectors of each leaf by the item's index; without items that turn out to be unreadable."""
    found: dict[int, dict[str, F32]] = {}
    for start in range(0, len(sample), READ):
        items = list(workspace.dataset.each(sample[start : start + READ].tolist()))
        by_leaf = {leaf.name: embed_readable(leaf, items)[0] for leaf in leaves(embedder)}
        for item in items:
            vectors = {name: known[item.content_sha] for name, known in by_leaf.items() if item.content_sha in known}
            if len(vectors) == len(by_leaf):
                found[item.idx] = vectors
        progress("features", start + len(items), len(sample))
    return found

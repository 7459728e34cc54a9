"""Copies: items of a run with exact or near copies. Searched once, then kept."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from errata.agent.contributions import Copies, Leaks
from errata.agent.evidence.snapshot import Snapshot
from errata.tools.data.splits import leaks
from errata.tools.detectors.neighbors.copies import ALONE, Alike, find_groups
from errata.tools.detectors.neighbors.neighbors import Neighbors
from errata.tools.features.near_copies import alike_images, alike_texts
from errata.tools.inference.candidates import ABSENT
from errata.types import Bool, Int

COMPARED = {"text": 0.7, "image": 0.9}
"""Neighbors at or above this cosine have their content compared. Among near copies of news, headlines, and reviews,
fewer than one in a hundred are further apart; images of one kind are closer together than texts."""


def find_copies(snapshot: Snapshot) -> None:
    """Find the group of each labeled item that has copies (ALONE for the others), store it as an array, and summarize
    it."""
    workspace = snapshot.workspace
    labeled = np.flatnonzero(snapshot.given_N >= 0)
    shas = [snapshot.rows[idx].content_sha + snapshot.rows[idx].place for idx in labeled]
    columns = workspace.dataset.columns
    from_cosine = COMPARED["text" if columns.text else "image"]
    groups_n = find_groups(shas, near_labeled(snapshot, labeled), _alike(snapshot, labeled), from_cosine)
    groups_N = np.full(len(snapshot.given_N), ALONE, np.int64)
    groups_N[labeled] = groups_n
    copied = np.flatnonzero(groups_N != ALONE)
    under = np.unique(np.stack([groups_N[copied], snapshot.given_N[copied]]), axis=1)[0]
    told = Copies(items=len(copied), groups=len(np.unique(under)), conflicting=int((np.bincount(under) > 1).sum()))
    workspace.add_contributions("embed", told)
    _find_leaks(snapshot, groups_N)
    workspace.arrays.save("copies", groups_N)


def _find_leaks(snapshot: Snapshot, groups_N: Int) -> None:
    data = snapshot.workspace.dataset
    if data.splits is not None:
        rows_N = np.array([row.row for row in snapshot.rows], np.int64)
        found = leaks(data.splits, data.content_shas, rows_N, groups_N)
        snapshot.workspace.add_contributions("embed", Leaks(found=tuple(found)))


def near_labeled(snapshot: Snapshot, labeled: Int) -> Neighbors | None:
    """The neighbors of the labeled items, as positions among these; None if none were searched."""
    arrays = snapshot.workspace.arrays
    if not arrays.has("similarities"):
        return None
    place_N = np.full(len(snapshot.rows), ABSENT)
    place_N[labeled] = np.arange(len(labeled))
    near_nk = place_N[np.asarray(arrays.load("neighbors")[labeled])]
    return Neighbors(near_nk, np.asarray(arrays.load("similarities")[labeled]))


def _alike(snapshot: Snapshot, labeled: Int) -> Alike:
    data = snapshot.workspace.dataset

    def texts(rows: Int) -> list[str]:
        return [text or "" for text in data.texts(labeled[rows].tolist())]

    def images(name: str, rows: Int) -> Iterator[bytes]:
        for item in data.each(labeled[rows].tolist()):
            yield next((part.image or b"" for part in item.images if part.name == name), b"")

    def alike(left: Int, right: Int) -> Bool:
        """In all parts: the same photo under another caption is another item."""
        found_P = np.ones(len(left), np.bool_)
        if data.columns.text:
            found_P = alike_texts(texts, left, right)
        for name in data.columns.image:
            found_P[found_P] = alike_images(partial(images, name), left[found_P], right[found_P])
        return found_P

    return alike

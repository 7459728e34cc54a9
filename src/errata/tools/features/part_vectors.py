"""The vectors of several parts apart from each other, cut out of those that stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from errata.tools.features.embedder import Embedder, unit_rows
from errata.tools.features.of_part import OfPart
from errata.tools.features.side_by_side import leaves, side_by_side
from errata.types import F32


class Seen(NamedTuple):
    """What one embedder made of one part: ``vectors_ND`` f32[N, D], rows of length 1, or 0 where there is nothing."""

    embedder: Embedder
    vectors_ND: F32


class PartVectors(NamedTuple):
    """One part of N items, as each of its embedders sees it."""

    name: str
    seen: tuple[Seen, ...]

    @property
    def all_ND(self) -> F32:
        """f32[N, sum of D]: side by side."""
        return side_by_side([one.vectors_ND for one in self.seen])


def cut_apart(embedder: Embedder, widths: Sequence[int], vectors_ND: F32) -> tuple[PartVectors, ...]:
    """The parts that an embedder put side by side, in its order. ``widths``: those of its leaves."""
    places = np.cumsum(widths)[:-1]
    found: dict[str, list[Seen]] = {}
    for leaf, piece_ND in zip(leaves(embedder), np.split(vectors_ND, places, axis=1), strict=True):
        if isinstance(leaf, OfPart):
            found.setdefault(leaf.part, []).append(Seen(leaf.embedder, unit_rows(piece_ND)))
    return tuple(PartVectors(name, tuple(seen)) for name, seen in found.items())

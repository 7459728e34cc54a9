"""Vectors of several embedders side by side: what either of them tells apart is apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from errata.tools.features.embedder import CountProgress, Embedder, unit_rows
from errata.types import F32, Item


class SideBySide:
    """``parts``: embedders of the same items, at least one of them of meaning. All count the same: the square of the
    distance is the mean of theirs."""

    strength: Literal["semantic", "plain"] = "semantic"
    per_item = True

    def __init__(self, parts: Sequence[Embedder]) -> None:
        self.parts = tuple(parts)

    @property
    def name(self) -> str:
        return " and ".join(part.name for part in self.parts)

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, sum of D], rows of length 1. Errors are those of the parts."""
        last = len(self.parts) - 1
        return side_by_side([part.embed(items, progress if n == last else None) for n, part in enumerate(self.parts)])


def side_by_side(vectors: Sequence[F32]) -> F32:
    """f32[n, sum of D], rows of length 1: the parts f32[n, D], each with rows of length 1 or 0."""
    return unit_rows(np.hstack(vectors))


def ways(embedder: Embedder) -> Iterator[Embedder]:
    """The embedder, and each of its parts alone."""
    yield embedder
    yield from embedder.parts if isinstance(embedder, SideBySide) else ()

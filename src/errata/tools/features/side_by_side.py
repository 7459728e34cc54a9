"""Vectors of several embedders side by side: what any of them tells apart is apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

from errata.tools.features.embedder import CountProgress, Embedder, RemarksOnTexts, unit_rows
from errata.types import F32, Item


class SideBySide:
    """``parts``: embedders of the same items. All count the same: the square of the distance is the mean of theirs."""

    def __init__(self, parts: Sequence[Embedder]) -> None:
        self.parts = tuple(parts)
        self._widths: tuple[int, ...] = ()

    @property
    def strength(self) -> Literal["semantic", "plain"]:
        return "semantic" if any(part.strength == "semantic" for part in self.parts) else "plain"

    @property
    def per_item(self) -> bool:
        return all(part.per_item for part in self.parts)

    @property
    def name(self) -> str:
        return " and ".join(part.name for part in self.parts)

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, sum of D], rows of length 1. Errors are those of the parts."""
        last = len(self.parts) - 1
        found = [part.embed(items, progress if n == last else None) for n, part in enumerate(self.parts)]
        self._widths = tuple(vectors_nD.shape[1] for vectors_nD in found)
        return side_by_side(found)

    @property
    def widths(self) -> tuple[int, ...]:
        """The dimensions of each of its leaves, in their order; () if it has not embedded anything."""
        own = zip(self.parts, self._widths, strict=False)
        return tuple(n for part, width in own for n in (part.widths if isinstance(part, SideBySide) else (width,)))

    def remarks(self, items: Iterable[Item], count: int) -> tuple[str, ...]:
        readers = [part for part in self.parts if isinstance(part, RemarksOnTexts)]
        if len(readers) < 2:
            return readers[0].remarks(items, count) if readers else ()
        held = list(items)
        return tuple(dict.fromkeys(remark for reader in readers for remark in reader.remarks(held, count)))


def side_by_side(vectors: Sequence[F32]) -> F32:
    """f32[n, sum of D], rows of length 1: the parts f32[n, D], each with rows of length 1 or 0."""
    return unit_rows(np.hstack(vectors))


def ways(embedder: Embedder) -> Iterator[Embedder]:
    """The embedder, and each of its parts alone."""
    yield embedder
    for part in embedder.parts if isinstance(embedder, SideBySide) else ():
        yield from ways(part)


def leaves(embedder: Embedder) -> list[Embedder]:
    """The ways that have no parts."""
    return [way for way in ways(embedder) if not isinstance(way, SideBySide)]


def vectors_of(way: Embedder, by_leaf: Mapping[str, F32]) -> F32:
    """f32[n, D] of a way, from the vectors of the leaves, by name."""
    if isinstance(way, SideBySide):
        return side_by_side([vectors_of(part, by_leaf) for part in way.parts])
    return by_leaf[way.name]

"""Embeddings scaled to length 1, block by block."""

from __future__ import annotations

from collections.abc import Iterator

from errata.tools.features.embedder import unit_rows
from errata.types import F32

PRODUCT_ROWS = 8192
"""Items per matrix product: enough for full speed."""


def unit_blocks(embeddings_ND: F32, rows: int = PRODUCT_ROWS) -> Iterator[tuple[slice, F32]]:
    """Slices that cover the items, and the items' vectors scaled to length 1, without a second N x D array."""
    for start in range(0, len(embeddings_ND), rows):
        yield slice(start, start + rows), unit_rows(embeddings_ND[start : start + rows])

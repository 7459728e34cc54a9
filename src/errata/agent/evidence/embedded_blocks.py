"""Vectors of a run whose embedding is not finished, stored block by block: a kill costs one block."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from errata.tools.store.arrays import Arrays
from errata.types import F32, sha_of

PREFIX = "embedded-"
SHA_BYTES = 64


class EmbeddedBlocks:
    """One array for each block, next to where all embeddings will be; each is whole or not there."""

    def __init__(self, arrays: Arrays, embedder: str) -> None:
        self._arrays, self._prefix = arrays, f"{PREFIX}{sha_of(embedder)[:12]}-"
        self._count = len(arrays.names(self._prefix))

    def known(self) -> dict[str, F32]:
        """content_sha -> vector, of all blocks that this embedder made. StoreError if one is damaged."""
        found: dict[str, F32] = {}
        for name in self._arrays.names(self._prefix):
            block = self._arrays.load(name)
            found.update(zip((sha.decode() for sha in block["sha"]), np.array(block["vector"]), strict=True))
        return found

    def add(self, vectors: Mapping[str, F32]) -> None:
        """Store a finished block by content_sha."""
        width = len(next(iter(vectors.values()), ()))
        block = np.empty(len(vectors), [("sha", f"S{SHA_BYTES}"), ("vector", np.float32, (width,))])
        block["sha"] = [sha.encode() for sha in vectors]
        block["vector"] = list(vectors.values())
        self._arrays.save(f"{self._prefix}{self._count:06d}", block)
        self._count += 1


def clear_blocks(arrays: Arrays) -> None:
    """Remove all blocks, once the embeddings are saved together."""
    for name in arrays.names(PREFIX):
        arrays.remove(name)

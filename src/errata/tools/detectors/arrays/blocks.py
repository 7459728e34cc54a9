"""Large arrays a block of rows at a time: in turn, or on a few threads, since numpy lets others run while it works."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from errata.tools.features.embedder import unit_rows
from errata.types import F32

BLOCK = 1 << 18
"""Values in one block: 1 MB of float32, which several operations in a row find in a core's own cache."""
MOST_THREADS = 8
"""More would wait for the same memory."""
PRODUCT_ROWS = 8192
"""Items in one matrix product: long enough that it runs at full speed."""


def block_rows(columns: int, block: int = BLOCK) -> int:
    """How many rows make a block, where a row stands for ``columns`` values."""
    return max(1, block // max(columns, 1))


def each_block(work: Callable[[slice], object], rows: int, columns: int, *, block: int = BLOCK) -> None:
    """Calls ``work`` with slices that cover the rows, several at the same time: it may write to its own rows alone."""
    step = block_rows(columns, block)
    # One iterator for all threads: each takes the next block when it is done with its last, so none waits for another.
    starts = iter(range(0, rows, step))

    def work_through() -> None:
        for start in starts:
            work(slice(start, min(start + step, rows)))

    # This thread works too: it begins at once, which a new one does only when the system gives it a core.
    others = min(-(-rows // step), os.cpu_count() or 1, MOST_THREADS) - 1
    if others < 1:
        work_through()
        return
    with ThreadPoolExecutor(others) as executor:
        running = [executor.submit(work_through) for _ in range(others)]
        work_through()
        for done in running:
            done.result()


def unit_blocks(embeddings_ND: F32, rows: int = PRODUCT_ROWS) -> Iterator[tuple[slice, F32]]:
    """Slices that cover the items, and the items' vectors scaled to length 1: no second N x D in memory."""
    for start in range(0, len(embeddings_ND), rows):
        yield slice(start, start + rows), unit_rows(embeddings_ND[start : start + rows])

"""Process large arrays in blocks of rows: in turn, or on a few threads, since numpy releases the GIL while it works."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

BLOCK = 1 << 18
"""Values per block: 1 MB of float32, which fits a core's own cache for several operations in a row."""
MOST_THREADS = 8
"""More threads would wait for the same memory."""


def block_rows(columns: int, block: int = BLOCK) -> int:
    """How many rows make a block, if a row stands for ``columns`` values."""
    return max(1, block // max(columns, 1))


def each_block(work: Callable[[slice], object], rows: int, columns: int, *, block: int = BLOCK) -> None:
    """Calls ``work`` with slices that cover the rows, several in parallel: it may write only to its own rows."""
    step = block_rows(columns, block)
    # One iterator for all threads: each takes the next block when it is done, so none waits for another.
    starts = iter(range(0, rows, step))

    def work_through() -> None:
        for start in starts:
            work(slice(start, min(start + step, rows)))

    # This thread works too: it starts at once, whereas a new one starts only when the system gives it a core.
    others = min(-(-rows // step), os.cpu_count() or 1, MOST_THREADS) - 1
    if others < 1:
        work_through()
        return
    with ThreadPoolExecutor(others) as executor:
        running = [executor.submit(work_through) for _ in range(others)]
        work_through()
        for done in running:
            done.result()

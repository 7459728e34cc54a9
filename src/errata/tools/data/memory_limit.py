"""A limit on memory in use at once, over all threads of the process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class MemoryLimit:
    """``size`` bytes that may be in use at once. First come, first served; a request for more than the total takes all.
    ``freed`` is the condition that waiting threads wait on."""

    def __init__(self, size: int, freed: threading.Condition | None = None) -> None:
        self._size, self._taken = size, 0
        self._turn = threading.Lock()
        self._freed = freed or threading.Condition()

    @contextmanager
    def taken(self, needed: int) -> Iterator[None]:
        """Waits until this many bytes are free. Must not be nested: the thread would wait for itself."""
        needed = min(needed, self._size)
        with self._turn, self._freed:
            self._freed.wait_for(lambda: self._taken + needed <= self._size)
            self._taken += needed
        try:
            yield
        finally:
            with self._freed:
                self._taken -= needed
                self._freed.notify_all()

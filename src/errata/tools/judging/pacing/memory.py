"""How much memory the tasks in flight may take together."""

from __future__ import annotations

import asyncio


class Memory:
    """Tasks reserve what they need, one after the other in their ``turn``, and release it. One that needs more than the
    total waits until it is alone."""

    def __init__(self, size: int) -> None:
        self.turn = asyncio.Lock()
        self._size, self._taken = size, 0
        self._given = asyncio.Event()

    async def take(self, needed: int) -> None:
        while self._taken and self._taken + needed > self._size:
            self._given.clear()
            await self._given.wait()
        self._taken += needed

    def give(self, needed: int) -> None:
        self._taken -= needed
        self._given.set()

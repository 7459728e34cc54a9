"""Tasks in flight never use more than their memory limit together, and all of them run."""

from __future__ import annotations

import asyncio

from errata.tools.judging.pacing.memory import Memory


def most_at_once(size: int, needs: list[int]) -> tuple[int, int]:
    """The most memory used at once, and how many tasks completed."""

    async def main() -> tuple[int, int]:
        memory, taken, most, ended = Memory(size), 0, 0, 0

        async def task(needed: int) -> None:
            nonlocal taken, most, ended
            async with memory.turn:
                await memory.take(needed)
            taken += needed
            most = max(most, taken)
            for _ in range(3):
                await asyncio.sleep(0)
            taken -= needed
            memory.give(needed)
            ended += 1

        await asyncio.gather(*map(task, needs))
        return most, ended

    return asyncio.run(main())


def test_tasks_wait_for_room_and_all_end() -> None:
    assert most_at_once(10, [5] * 30) == (10, 30)
    most, ended = most_at_once(10, [3, 4, 5, 6, 1, 0, 9] * 30)
    assert most <= 10
    assert ended == 210


def test_one_that_needs_more_than_there_is_waits_until_it_is_alone() -> None:
    assert most_at_once(10, [4, 4, 99, 4, 4]) == (99, 5)

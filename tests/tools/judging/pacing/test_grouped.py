"""What arrives together is processed together, and each caller gets their own result."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from errata.tools.judging.pacing.grouped import Grouped


def test_what_waits_together_is_one_group_and_results_keep_their_owners() -> None:
    groups: list[list[int]] = []

    def square(numbers: list[int]) -> list[int]:
        groups.append(numbers)
        return [n * n for n in numbers]

    async def main() -> list[int]:
        with ThreadPoolExecutor(1) as thread:
            grouped = Grouped[int, int](square, thread, wait_s=0.01, most=4)
            return await asyncio.gather(*(grouped(n) for n in range(6)))

    assert asyncio.run(main()) == [0, 1, 4, 9, 16, 25]
    assert groups == [[0, 1, 2, 3], [4, 5]]


def test_an_error_reaches_everyone_in_its_group_and_the_next_group_works() -> None:
    def work(numbers: list[int]) -> list[int]:
        if 0 in numbers:
            raise ValueError("zero")
        return numbers

    async def main() -> tuple[Sequence[int | BaseException], int]:
        with ThreadPoolExecutor(1) as thread:
            grouped = Grouped[int, int](work, thread, wait_s=0.0, most=10)
            failed = await asyncio.gather(grouped(0), grouped(1), return_exceptions=True)
            return failed, await grouped(2)

    failed, fine = asyncio.run(main())
    assert [str(error) for error in failed] == ["zero", "zero"]
    assert fine == 2


def test_one_who_gave_up_waiting_does_not_disturb_the_others() -> None:
    async def main() -> int:
        with ThreadPoolExecutor(1) as thread:
            grouped = Grouped[int, int](lambda numbers: numbers, thread, wait_s=0.05, most=10)
            patient = asyncio.ensure_future(grouped(1))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(grouped(2), 0.001)
            return await patient

    assert asyncio.run(main()) == 1

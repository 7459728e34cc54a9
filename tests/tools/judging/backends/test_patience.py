"""A busy server is waited for: with a pause, more slowly, and not forever."""

from __future__ import annotations

import asyncio
import time

import pytest

from errata.errors import ModelError
from errata.tools.judging.backends.failures import Failure
from errata.tools.judging.backends.patience import Patience

BUSY = Failure("slow down", 429, 0.05)


def test_one_that_was_turned_away_comes_back_after_the_pause_and_its_jitter() -> None:
    async def main() -> float:
        patience = Patience("a server", draw=lambda: 1.0)
        patience.turned_away(await patience.turn(), BUSY)
        started = time.monotonic()
        await patience.turn()
        return time.monotonic() - started

    assert asyncio.run(main()) >= 0.05 * 1.45


def test_after_busy_requests_keep_a_distance_that_answers_shrink() -> None:
    async def apart() -> float:
        first = await patience.turn()
        return await patience.turn() - first

    async def main() -> tuple[float, float]:
        patience.turned_away(await patience.turn(), Failure("slow down", 429, 0.0))
        slow = await apart()
        for _ in range(60):
            patience.answered()
        return slow, await apart()

    patience = Patience("a server", draw=lambda: 0.0)
    slow, fast = asyncio.run(main())
    assert slow >= 0.03 > fast


def test_many_turned_away_together_slow_down_once() -> None:
    async def main(times: int) -> float:
        patience = Patience("a server", draw=lambda: 0.0)
        sent = [await patience.turn() for _ in range(times)]
        for at in sent:
            patience.turned_away(at, BUSY)
        await patience.turn()
        first = time.monotonic()
        await patience.turn()
        return time.monotonic() - first

    assert asyncio.run(main(20)) == pytest.approx(asyncio.run(main(1)), abs=0.03)


def test_only_busy_for_too_long_is_an_error_and_an_answer_resets_the_time() -> None:
    patience = Patience("a server", most_s=0.02)
    now_s = time.monotonic()
    patience.turned_away(now_s, BUSY)
    time.sleep(0.03)
    patience.answered()
    patience.turned_away(now_s, BUSY)
    time.sleep(0.03)
    with pytest.raises(ModelError, match="nothing but that it is busy"):
        patience.turned_away(now_s, BUSY)


def test_a_call_that_waits_ends_once_it_may_not_wait_any_more() -> None:
    async def main() -> None:
        patience = Patience("a server")
        patience.turned_away(await patience.turn(), Failure("slow down", 429, 600.0))

        def no_more() -> None:
            raise ModelError("the minutes are over")

        patience.may_wait = no_more
        with pytest.raises(ModelError, match="the minutes are over"):
            await patience.turn()

    asyncio.run(main())

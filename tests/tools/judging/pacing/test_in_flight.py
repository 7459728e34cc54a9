"""The limit on calls in flight: places are passed on in order, never lost, and as many as a server accepts."""

from __future__ import annotations

import asyncio

import pytest

from errata.testing import FakeChat, MemoryCalls
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import CallRequest, Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.pacing.in_flight import InFlight
from errata.tools.judging.pacing.pace import START
from errata.types import PromptRef
from evals.servers.loopback import Loopback


def test_places_are_handed_on_in_order_and_never_exceeded() -> None:
    async def main() -> list[int]:
        places, order, taken = InFlight(3, learns=False), [], 0

        async def one(number: int) -> None:
            nonlocal taken
            async with places.place():
                taken += 1
                assert taken <= 3
                order.append(number)
                await asyncio.sleep(0)
                taken -= 1

        await asyncio.gather(*(one(n) for n in range(20)))
        return order

    assert asyncio.run(main()) == list(range(20))


@pytest.mark.parametrize("given", [False, True], ids=["while it waits", "when it has just been given a place"])
def test_one_who_goes_away_leaves_the_place_to_the_next(given: bool) -> None:
    async def main() -> None:
        places = InFlight(1, learns=False)
        free = asyncio.Event()

        async def hold() -> None:
            async with places.place():
                await free.wait()

        first, second, third = (asyncio.ensure_future(hold()) for _ in range(3))
        await asyncio.sleep(0)
        if given:
            free.set()
            await first
        second.cancel()
        free.set()
        await asyncio.wait_for(third, 10)
        async with places.place():
            pass

    asyncio.run(main())


def test_only_a_server_is_paced() -> None:
    assert InFlight.of(FakeChat([], limit=100)).limit == 100
    assert InFlight.of(ServerModel("m", "http://127.0.0.1:9/v1", limit=100)).limit == START
    assert InFlight.of(ServerModel("m", "http://127.0.0.1:9/v1", limit=4)).limit == 4


def test_a_server_that_turns_calls_away_is_asked_less_at_once() -> None:
    """The server takes 4 calls at once. Every call is answered, and hardly any is rejected once that is known."""
    turned_away: list[int] = []

    async def main(url: str) -> int:
        model = ServerModel("loopback", url, first_wait_s=0.02)
        door = Door(model, MemoryCalls(), Budget())
        lower = model.on_busy
        asked = 0

        def turn_away() -> None:
            turned_away.append(asked)
            lower()

        model.on_busy = turn_away

        async def build() -> ChatRequest:
            nonlocal asked
            asked += 1
            return ChatRequest(({"role": "user", "content": "?"},), ("A", "B"), 4)

        asks = [CallRequest(PromptRef("p", "v1", "sha"), str(n), {}, build) for n in range(600)]
        answers = await asyncio.gather(*(door.ask(ask) for ask in asks))
        await door.close()
        return len(answers)

    with Loopback(latency_s=0.005, places=4, most=4) as url:
        assert asyncio.run(main(url)) == 600
    assert turned_away
    assert sum(at > 300 for at in turned_away) < 30

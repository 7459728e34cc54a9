"""Other clients that send the same requests as errata: bare aiohttp, and the openai SDK."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import openai

from errata.prompts import load
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.protocols.blind_choice import option_orders
from errata.tools.judging.reading.closed_question import ClosedQuestion, lay_out_for
from errata.types import Item, LabelSpace

Run = Callable[[], Awaitable[None]]


def bare_loop(url: str, requests: list[dict[str, Any]], in_flight: int) -> Run:
    """The minimum cost of asking: send, read all bytes, continue."""
    bodies = [json.dumps(request).encode() for request in requests]

    async def run() -> None:
        connector = aiohttp.TCPConnector(limit=in_flight)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

            async def one(body: bytes) -> None:
                headers = {"Content-Type": "application/json"}
                async with session.post(url + "/chat/completions", data=body, headers=headers) as response:
                    assert response.status == 200 and await response.read()

            await in_turn(one, bodies, in_flight)

    return run


def with_sdk(url: str, bodies: list[dict[str, Any]], in_flight: int) -> Run:
    async def run() -> None:
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

            async def one(body: dict[str, Any]) -> None:
                choice = body["structured_outputs"]
                rest = {name: value for name, value in body.items() if name != "structured_outputs"}
                got = await client.chat.completions.create(**rest, extra_body={"structured_outputs": choice})
                assert got.choices[0].message.content == "A"

            await in_turn(one, bodies, in_flight)

    return run


async def in_turn(one: Callable[[Any], Awaitable[None]], bodies: list[Any], in_flight: int) -> None:
    """Send all ``bodies``, at most ``in_flight`` at once."""
    waiting = iter(bodies)

    async def worker() -> None:
        for body in waiting:
            await one(body)

    await asyncio.gather(*(worker() for _ in range(in_flight)))


def bodies_of(
    items: list[Item], space: LabelSpace, model_name: str = "loopback", permutations: int = 2
) -> list[dict[str, Any]]:
    """The requests that errata sends for these items, ``permutations`` each."""
    model = ServerModel(model_name, "")

    async def build() -> list[dict[str, Any]]:
        bodies = []
        for item in items:
            shared = ItemImage.of(item)
            for order in option_orders(space.names, item.content_sha, permutations):
                options = lay_out_for("blind_choice", order, "letters", space)
                request = await ClosedQuestion(load("blind_choice"), item, shared, options, "").ask().build()
                bodies.append(model.body(request))
        return bodies

    return asyncio.run(build())

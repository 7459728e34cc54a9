"""What a real server cannot answer, or answers outside the options, is unreadable, with a reason, and never counts as
agreement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from errata.errors import ModelRefused
from errata.prompts import image_part
from errata.testing import MemoryCalls
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.spec import open_model
from errata.types import Item, Verdict, parts_of
from evals.servers.vllm_server import VllmServer
from tests.servers.panel import Case, ask, digit_items, text_items


def judged(spec: str, *items: Item, style: Any = "letters") -> list[Verdict]:
    async def main() -> list[Verdict]:
        door = Door(open_model(spec), MemoryCalls(), Budget())
        try:
            return await asyncio.gather(*(ask(door, Case("blind_choice", style, item), items) for item in items))
        finally:
            await door.close()

    return asyncio.run(main())


def broken_inside(png: bytes) -> bytes:
    """A PNG with an intact beginning and end but damaged pixels, which only decoding reveals."""
    at = png.index(b"IDAT") + 4
    return png[:at] + bytes(len(png) - at - 12) + png[-12:]


def test_a_broken_image_spoils_its_own_verdict_only(image_server: VllmServer) -> None:
    good, other = digit_items(2)
    assert other.image is not None
    broken = replace(other, content_sha="broken", parts=parts_of(other.text, broken_inside(other.image)))
    whole, spoiled = judged(image_server.spec, good, broken)
    assert whole.readable
    assert not spoiled.readable
    assert spoiled.said.startswith("not asked: the image cannot be decoded")


def test_an_invalid_image_is_refused(image_server: VllmServer) -> None:
    async def complete() -> None:
        model = open_model(image_server.spec)
        content = [image_part(b"\x89PNG and no more"), {"type": "text", "text": "Which digit?"}]
        try:
            await model.complete(ChatRequest(({"role": "user", "content": content},), ("1", "2"), 4))
        finally:
            await model.close()

    with pytest.raises(ModelRefused, match="image"):
        asyncio.run(complete())


def test_a_prompt_too_long_spoils_its_own_verdict_only(text_server: VllmServer) -> None:
    short, other, *_ = text_items()
    long = replace(other, content_sha="long", parts=parts_of("zebra crossing " * 3000))
    whole, spoiled = judged(text_server.spec, short, long)
    assert whole.readable
    assert not spoiled.readable
    assert spoiled.said.startswith("not asked: HTTP 400") and "context length" in spoiled.said


@pytest.mark.parametrize("legacy", [True, False], ids=["guided_choice", "no constraint"])
def test_an_answer_outside_the_options_is_unreadable(text_server: VllmServer, legacy: bool) -> None:
    async def main() -> Verdict:
        calls = MemoryCalls()
        async with without_constraint(text_server, legacy=legacy) as url:
            door = Door(open_model(f"{text_server.model}@{url}"), calls, Budget())
            try:
                item = text_items()[0]
                verdict = await ask(door, Case("contest", "names", item), [item])
            finally:
                await door.close()
        assert len(calls.calls) == 2  # it did answer, only not with an option
        return verdict

    assert judged(text_server.spec, text_items()[0], style="names")[0].readable
    found = asyncio.run(main())
    assert not found.readable
    assert found.said


@asynccontextmanager
async def without_constraint(server: VllmServer, *, legacy: bool) -> AsyncIterator[str]:
    """The same server, asked with an older client's constraint, or with none: it silently ignores ``guided_choice``."""

    async def forward(request: web.Request) -> web.Response:
        body = await request.json()
        choice = body.pop("structured_outputs")["choice"]
        if legacy:
            body["guided_choice"] = choice
        async with (
            aiohttp.ClientSession() as session,
            session.post(server.url + "/chat/completions", json=body) as response,
        ):
            return web.json_response(await response.json(), status=response.status)

    app = web.Application()
    app.router.add_post("/v1/chat/completions", forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()

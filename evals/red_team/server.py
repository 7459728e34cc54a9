"""Serve the gullible judge on a loopback server, so that errata calls it like any judge."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from evals.red_team.gullible import beliefs

NAME = "gullible"
Beliefs = Callable[[dict[str, Any]], dict[str, float]]
"""Maps a request's body to the probability of each answer."""


@contextmanager
def gullible_server(answer: Beliefs = beliefs) -> Iterator[str]:
    """Serve while the context is open; yields a value for ``--judge``. ``answer``: the beliefs of another judge."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(_start(answer), loop).result()
    try:
        yield f"{NAME}@http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(answer: Beliefs) -> web.AppRunner:
    app = web.Application(client_max_size=1 << 28)

    async def complete(request: web.Request) -> web.Response:
        return web.json_response(_completion(answer(await request.json())))

    app.router.add_post("/v1/chat/completions", complete)
    app.router.add_get("/v1/models", _models)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


async def _models(_: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": NAME, "object": "model"}]})


def _completion(probs: dict[str, float]) -> dict[str, Any]:
    top = [{"token": token, "logprob": math.log(p)} for token, p in sorted(probs.items(), key=lambda pair: -pair[1])]
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": top[0]["token"]},
        "logprobs": {"content": [{**top[0], "top_logprobs": top}]},
    }
    return {
        "id": "chatcmpl-gullible",
        "object": "chat.completion",
        "created": 0,
        "model": NAME,
        "choices": [choice],
        "usage": {"prompt_tokens": 100, "completion_tokens": 1, "total_tokens": 101},
    }

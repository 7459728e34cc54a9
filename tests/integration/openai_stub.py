"""A loopback server that speaks enough of the OpenAI protocol, and misbehaves on demand.

Its answers depend only on the request, so a run against it can be repeated and compared: it believes that an item has
the class whose name its text contains, or else a class drawn by the item's hash, whatever the order of the options.
Every request is appended to a file as one line of JSON, before it is answered.

    python tests/integration/openai_stub.py --log requests.jsonl [--latency-s 0.05] [--fail 429,429]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import io
import json
import math
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from PIL import Image, ImageStat

OPTION = re.compile(r"^(?:(?P<alias>[A-Z])\) |- )(?P<words>[^:\n]+)", re.MULTILINE)
OTHERS = ("several of these hold", "both hold", "none of these", "neither holds", "cannot tell")


@dataclass
class Knobs:
    """How the stub behaves. An answer takes ``latency_s`` and up to ``spread_s`` more, by the hash of the request, so
    that answers can come in one by one. ``fail`` holds status codes for the first requests (0 closes the connection),
    then it answers; ``only_fail`` limits that to requests whose body contains a text.

    ``obeys`` names the constraints that it enforces on answers to free questions: "choice", "json". ``images``: it sees
    them, accepts them "blind", or refuses them. ``prefix_cache`` is what /metrics reports; None: there is no such page.
    ``restless``: no two answers to a free question are the same. ``sees_colors``: it believes that an image has the
    class named after its main color, "red", "green" or "blue".
    """

    model: str = "stub"
    key: str | None = None
    latency_s: float = 0.0
    spread_s: float = 0.0
    fail: list[int] = field(default_factory=list)
    fail_always: int | None = None
    only_fail: str = ""
    reason: str = "out of order"
    retry_after: str | None = None
    says: str | None = None
    logprobs: bool = True
    first_always: bool = False
    sees_colors: bool = False
    unknown_fields: tuple[str, ...] = ()
    log: Path | None = None
    obeys: tuple[str, ...] = ("choice", "json")
    images: str = "seen"
    prefix_cache: bool | None = None
    restless: bool = False
    no_models: bool = False
    owner: str = "stub"
    version: str | None = None
    max_model_len: int | None = None
    max_chars: int = 1_000_000


PLAIN = Knobs()


class Stub:
    """The handler, with what it has seen: ``bodies`` and ``headers`` of the completions asked of it."""

    def __init__(self, knobs: Knobs) -> None:
        self.knobs = knobs
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.at_once = self.most_at_once = 0

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_post("/v1/chat/completions", self.complete)
        app.router.add_post("/v1/embeddings", self.embed)
        app.router.add_get("/v1/models", self.models)
        app.router.add_get("/metrics", self.metrics)
        app.router.add_get("/version", self.version)
        app.router.add_post("/elsewhere/chat/completions", self.redirect)
        return app

    async def redirect(self, _: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/v1/chat/completions"})

    async def models(self, request: web.Request) -> web.Response:
        if self.knobs.no_models:
            return _error(404, "Not Found")
        if wrong := self._wrong_key(request):
            return wrong
        model = {"id": self.knobs.model, "object": "model", "owned_by": self.knobs.owner}
        return web.json_response({"object": "list", "data": [model | {"max_model_len": self.knobs.max_model_len}]})

    async def version(self, _: web.Request) -> web.Response:
        return (
            _error(404, "Not Found")
            if self.knobs.version is None
            else web.json_response({"version": self.knobs.version})
        )

    async def metrics(self, _: web.Request) -> web.Response:
        if self.knobs.prefix_cache is None:
            return _error(404, "Not Found")
        hits = 16.0 * len(self.bodies) * self.knobs.prefix_cache
        return web.Response(text=f'# TYPE x counter\nvllm:prefix_cache_hits_total{{engine="0"}} {hits}\n')

    async def complete(self, request: web.Request) -> web.StreamResponse:
        raw = await request.text()
        body = json.loads(raw)
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        if self.knobs.log is not None:
            seen = {"sha": hashlib.sha256(raw.encode()).hexdigest(), "key": request.headers.get("X-Request-Id")}
            line = json.dumps(seen) + "\n"
            with self.knobs.log.open("a", encoding="utf-8") as file:
                file.write(line)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.knobs.latency_s + self.knobs.spread_s * _fraction(raw))
            return self._misbehave(request, raw, body) or web.json_response(self._answer(body))
        finally:
            self.at_once -= 1

    async def embed(self, request: web.Request) -> web.StreamResponse:
        """How often each letter of the alphabet occurs; of an image, how red, green and blue it is."""
        raw = await request.text()
        body = json.loads(raw)
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        shown = [_color_shares(body)] if "messages" in body else [_letters(text) for text in body["input"]]
        rows = [{"index": n, "embedding": vector} for n, vector in enumerate(shown)][::-1]
        return self._misbehave(request, raw, body) or web.json_response({"data": rows})

    def _wrong_key(self, request: web.Request) -> web.Response | None:
        got = request.headers.get("Authorization", "")
        if self.knobs.key is None or got == f"Bearer {self.knobs.key}":
            return None
        return _error(401, f"Incorrect API key provided: {got.removeprefix('Bearer ')}")

    def _misbehave(self, request: web.Request, raw: str, body: dict[str, Any]) -> web.StreamResponse | None:
        knobs = self.knobs
        if wrong := self._wrong_key(request):
            return wrong
        if body["model"] != knobs.model:
            return _error(404, f"The model `{body['model']}` does not exist.")
        unknown = [name for name in knobs.unknown_fields if name in body]
        if unknown:
            return _error(400, f"Unrecognized request argument supplied: {unknown[0]}")
        if knobs.images == "refused" and '"image_url"' in raw:
            return _error(400, f"{knobs.model} is not a multimodal model")
        if len(raw) > knobs.max_chars:
            return _error(400, "This model's maximum context length is exceeded.")
        if knobs.only_fail in raw:
            status = knobs.fail.pop(0) if knobs.fail else knobs.fail_always
            if status == 0 and request.transport is not None:
                request.transport.close()
            if status is not None:
                headers = {} if knobs.retry_after is None else {"Retry-After": knobs.retry_after}
                return _error(status, knobs.reason, headers)
        return None

    def _free_beliefs(self, body: dict[str, Any]) -> dict[str, float]:
        """The probabilities of answers to a question without options, based on its image if it sees one."""
        knobs = self.knobs
        if "structured_outputs" in body and "choice" in knobs.obeys:
            said = body["structured_outputs"]["choice"]
            return {said[0]: 0.7} | dict.fromkeys(said[1:], 0.3 / (len(said) - 1))
        if "response_format" in body and "json" in knobs.obeys:
            fields = body["response_format"]["json_schema"]["schema"]["properties"]
            return {json.dumps({name: field["enum"][0] for name, field in fields.items()}): 0.9, "{": 0.1}
        image = json.dumps(body["messages"]) if "image_url" in str(body) and knobs.images == "seen" else ""
        blue = 0.6 + 0.3 * _fraction(image)
        said = f"Blue {len(self.bodies)}" if knobs.restless else "Blue"
        return {said: blue, "Red": 1.0 - blue}

    def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        asked = OPTION.search(_text(body)) is not None
        probs = beliefs(body, self.knobs) if asked else self._free_beliefs(body)
        said = self.knobs.says if self.knobs.says is not None else max(probs, key=probs.__getitem__)
        top = [{"token": token, "logprob": math.log(p)} for token, p in sorted(probs.items(), key=lambda x: -x[1])]
        logprobs = {"content": [{**top[0], "top_logprobs": top[: body.get("top_logprobs", 0)]}]}
        return {
            "id": "chatcmpl-stub",
            "object": "chat.completion",
            "created": 0,
            "model": f"{self.knobs.model}-as-served",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": said},
                    "logprobs": logprobs if self.knobs.logprobs and body.get("logprobs") else None,
                }
            ],
            "usage": {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102},
        }


def _text(body: dict[str, Any]) -> str:
    parts = body["messages"][-1]["content"]
    return parts if isinstance(parts, str) else "".join(part["text"] for part in parts if part["type"] == "text")


def beliefs(body: dict[str, Any], knobs: Knobs = PLAIN) -> dict[str, float]:
    """The probability of each answer, keyed by its text: 0.9 for the class believed in, the rest shared.

    ``knobs.first_always``: it always prefers the option shown first.
    """
    item, options = _read(body)
    item += _color(body) if knobs.sees_colors else ""
    labels = sorted(words for _, words in options if words not in OTHERS)
    named = [label for label in labels if label.casefold() in item.casefold()]
    drawn = labels[int(hashlib.sha256(item.encode()).hexdigest(), 16) % len(labels)]
    believed = (
        options[0][1]
        if knobs.first_always
        else (_holds(body, item, labels) or _fit(item, labels) or (named[0] if named else drawn))
    )
    rest = 0.1 / (len(options) - 1)
    return {(alias or words): 0.9 if words == believed else rest for alias, words in options}


def _holds(body: dict[str, Any], item: str, labels: list[str]) -> str | None:
    """Yes if the item's text names the label in question; None if the question is about no single label."""
    asked = re.search(r'^Label: "(.*)"$', _text(body), re.MULTILINE)
    if asked is None:
        return None
    word = "yes" if asked[1].casefold() in item.casefold() else "no"
    return next((label for label in labels if label.startswith(word)), None)


def _fit(item: str, labels: list[str]) -> str | None:
    """Yes if the item has two texts with a long word in common; None if it has not, or the question is another."""
    if not {"yes", "no"} <= set(labels) or not item.startswith("Item: {"):
        return None
    one, other = (set(re.findall(r"\w{3,}", text)) for text in json.loads(item.removeprefix("Item: ")).values())
    return "yes" if one & other else "no"


def _read(body: dict[str, Any]) -> tuple[str, list[tuple[str | None, str]]]:
    """The item (its text, and the hash of its image) and the options, in the order shown."""
    parts = body["messages"][-1]["content"]
    text = "".join(part["text"] for part in parts if part["type"] == "text")
    images = "".join(json.dumps(part["image_url"]) for part in parts if part["type"] == "image_url")
    item = next((line for line in text.splitlines() if line.startswith("Item: ")), "")
    options = [(found["alias"], found["words"].strip()) for found in OPTION.finditer(text)]
    return item + (hashlib.sha256(images.encode()).hexdigest() if images else ""), options


def _letters(text: str) -> list[float]:
    return [float(text.casefold().count(chr(ord("a") + n))) for n in range(26)]


def _color(body: dict[str, Any]) -> str:
    """The main color of the first image, which is the one asked about."""
    means = _color_shares(body)
    return ("red", "green", "blue")[means.index(max(means))] if means else ""


def _color_shares(body: dict[str, Any]) -> list[float]:
    """Of the first image, from 0 to 255 each; none without an image."""
    parts = body["messages"][-1]["content"]
    urls = (
        [part["image_url"]["url"] for part in parts if part["type"] == "image_url"] if isinstance(parts, list) else []
    )
    if not urls:
        return []
    with Image.open(io.BytesIO(base64.b64decode(urls[0].split(",", 1)[1]))) as image:
        return ImageStat.Stat(image.convert("RGB")).mean


def _fraction(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "code": status}}, status=status, headers=headers)


@asynccontextmanager
async def serving(knobs: Knobs, port: int = 0) -> AsyncIterator[tuple[Stub, str]]:
    """The stub on a free port of this machine, and its base URL, which ends in /v1."""
    stub = Stub(knobs)
    runner = web.AppRunner(stub.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield stub, f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


async def _serve_until_killed(knobs: Knobs, port: int) -> None:
    async with serving(knobs, port) as (_, url):
        sys.stdout.write(url + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--model", default="stub")
    parser.add_argument("--key")
    parser.add_argument("--latency-s", type=float, default=0.0)
    parser.add_argument("--spread-s", type=float, default=0.0)
    parser.add_argument("--fail", default="", help="status codes of the first answers, 0 closes the connection")
    parser.add_argument("--fail-always", type=int)
    parser.add_argument("--says")
    parser.add_argument("--no-logprobs", action="store_true")
    parser.add_argument("--first-always", action="store_true")
    parser.add_argument("--sees-colors", action="store_true")
    parser.add_argument("--log", type=Path)
    given = parser.parse_args()
    asyncio.run(
        _serve_until_killed(
            Knobs(
                model=given.model,
                key=given.key,
                latency_s=given.latency_s,
                spread_s=given.spread_s,
                fail=[int(code) for code in given.fail.split(",") if code],
                fail_always=given.fail_always,
                says=given.says,
                logprobs=not given.no_logprobs,
                first_always=given.first_always,
                sees_colors=given.sees_colors,
                log=given.log,
            ),
            given.port,
        )
    )

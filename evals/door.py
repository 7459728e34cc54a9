"""What a judge's call costs errata itself: CPU per call and calls per second on one core, beside the openai SDK.

    python -m evals.door [--calls 10000] [--runs 3] [--out evals/results/door.json]

A server on this machine answers after 50 ms, 256 calls are in flight. errata's calls are whole: a blind choice between
ten labels is rendered, named for the cache, looked up, sent, read, committed to SQLite, and made a verdict, in the
batches of a run. The SDK and bare aiohttp (the least that a call can cost) send the same requests, rendered
beforehand; they read no more than that there is an answer, keep nothing, and never wait for the end of a batch.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import openai
from PIL import Image

from errata.prompts import load
from errata.testing import MemoryCalls
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.calls import CallLog
from errata.tools.judging.door import Door
from errata.tools.judging.examine import judge_items
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols.blind_choice import option_orders
from errata.tools.judging.reading.question import Question, lay_out_for
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.tools.store.calls import Calls
from errata.tools.store.database import Database
from errata.types import Item, LabelSpace, sha_of
from evals.loopback import Loopback
from evals.result import write_result

LATENCY_S, IN_FLIGHT, SEED = 0.05, 256, 0
LABELS = tuple(f"topic number {n}" for n in range(10))
SPACE = LabelSpace(LABELS)
WORDS = ("market", "team", "court", "launch", "review", "storm", "vaccine", "election", "budget", "trade", "orbit")
IMAGE_BYTES = 20_000
SDK_SHARE = 0.2
"""The SDK gets a fifth of the calls: it is slow, and its cost per call does not depend on how many there are."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("evals/results/door.json"))
    options = parser.parse_args()
    figures: dict[str, Any] = {"calls": options.calls, "in_flight": IN_FLIGHT, "latency_s": LATENCY_S}
    figures |= {"runs": options.runs, "openai": openai.__version__, "load_before": os.getloadavg()}
    with Loopback(latency_s=LATENCY_S, core=1) as url:
        for content in ("text", "image"):
            figures[content] = compare(url, content, options.calls, options.runs)
    write_result(options.out, figures, seed=SEED)


def compare(url: str, content: str, calls: int, runs: int) -> dict[str, Any]:
    """Contender -> medians over ``runs``, the contenders taking turns, each run in a process of its own."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(runs):
        for name in CONTENDERS:
            number = int(calls * SDK_SHARE) if name == "openai SDK" else calls
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                found[name].append(pool.submit(measure, name, url, content, number).result())
    figures = {name: _medians(rows) for name, rows in found.items()}
    for name, row in figures.items():
        print(f"{content:6} {name:24} {row['cpu_ms_per_call']:.3f} ms CPU, {row['calls_per_s']:.0f} calls/s")
    return figures


def measure(name: str, url: str, content: str, calls: int) -> tuple[float, float]:
    """CPU milliseconds (all threads) per call, and calls per second, on core 0 alone."""
    os.sched_setaffinity(0, {0})
    run = CONTENDERS[name](url, make_items(content, calls // 2))

    async def timed() -> tuple[float, float]:
        cpu, wall = time.process_time(), time.perf_counter()
        await run()
        return (time.process_time() - cpu) * 1000 / calls, calls / (time.perf_counter() - wall)

    return asyncio.run(timed())


Run = Callable[[], Awaitable[None]]


def with_errata(url: str, items: list[Item], log: Callable[[ExitStack], CallLog]) -> Run:
    async def run() -> None:
        with ExitStack() as stack:
            door = Door(ServerModel("loopback", url, limit=IN_FLIGHT), log(stack), Budget())
            tasks = [JudgeTask(item, "blind_choice", LABELS) for item in items]
            judged = await judge_items(door, tasks, JudgeSetup(SPACE))
            assert len(judged.verdicts) == len(tasks) and all(verdict.readable for verdict in judged.verdicts)
            await door.close()

    return run


def in_memory(_: ExitStack) -> CallLog:
    return MemoryCalls()


def in_sqlite(stack: ExitStack) -> CallLog:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    database = Database(folder / "store.sqlite")
    stack.callback(database.close)
    return Calls(database)


def with_aiohttp(url: str, items: list[Item]) -> Run:
    return bare_loop(url, bodies_of(items), IN_FLIGHT)


def bare_loop(url: str, requests: list[dict[str, Any]], in_flight: int) -> Run:
    """The least that asking can cost: send, read all bytes, go on."""
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


def with_sdk(url: str, items: list[Item]) -> Run:
    bodies = bodies_of(items)

    async def run() -> None:
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

            async def one(body: dict[str, Any]) -> None:
                choice = body["structured_outputs"]
                rest = {name: value for name, value in body.items() if name != "structured_outputs"}
                got = await client.chat.completions.create(**rest, extra_body={"structured_outputs": choice})
                assert got.choices[0].message.content == "A"

            await in_turn(one, bodies, IN_FLIGHT)

    return run


async def in_turn(one: Callable[[Any], Awaitable[None]], bodies: list[Any], in_flight: int) -> None:
    """All ``bodies``, at most ``in_flight`` at once."""
    waiting = iter(bodies)

    async def worker() -> None:
        for body in waiting:
            await one(body)

    await asyncio.gather(*(worker() for _ in range(in_flight)))


def bodies_of(
    items: list[Item], space: LabelSpace = SPACE, model_name: str = "loopback", permutations: int = 2
) -> list[dict[str, Any]]:
    """The requests that errata sends for these items, ``permutations`` each."""
    model = ServerModel(model_name, "")

    async def build() -> list[dict[str, Any]]:
        bodies = []
        for item in items:
            shared = ItemImage.of(item)
            for order in option_orders(space.names, item.content_sha, permutations):
                options = lay_out_for("blind_choice", order, "letters", space)
                request = await Question(load("blind_choice"), item, shared, options, "").ask().build()
                bodies.append(model.body(request))
        return bodies

    return asyncio.run(build())


def make_items(content: str, number: int) -> list[Item]:
    """Texts of about 400 characters, or different images of about 20 KB."""
    rng = random.Random(SEED)
    noise = np.random.default_rng(SEED)
    items = []
    for idx in range(number):
        text = " ".join(rng.choices(WORDS, k=58)) if content == "text" else None
        image = _image(noise) if content == "image" else None
        items.append(Item(idx, str(idx), sha_of([content, idx]), LABELS[idx % 10], text, image))
    return items


def _image(rng: np.random.Generator) -> bytes:
    side = int((IMAGE_BYTES / 3) ** 0.5)  # noise does not compress
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(file, "PNG", compress_level=0)
    return file.getvalue()


def _medians(rows: list[tuple[float, float]]) -> dict[str, float]:
    cpu, rate = zip(*rows, strict=True)
    return {"cpu_ms_per_call": round(statistics.median(cpu), 3), "calls_per_s": round(statistics.median(rate), 1)}


CONTENDERS: dict[str, Callable[[str, list[Item]], Run]] = {
    "errata, SQLite": lambda url, items: with_errata(url, items, in_sqlite),
    "errata, memory": lambda url, items: with_errata(url, items, in_memory),
    "bare aiohttp": with_aiohttp,
    "openai SDK": with_sdk,
}


if __name__ == "__main__":
    main()

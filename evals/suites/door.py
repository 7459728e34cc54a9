"""What a judge's call costs errata itself: CPU per call and calls per second on one core, beside the openai SDK.

    python -m evals door [--calls 10000] [--runs 3] [--out evals/results/door.json]

A server on this machine answers after 50 ms, 256 calls are in flight. errata's calls are whole: a blind choice between
ten labels is rendered, named for the cache, looked up, sent, read, committed to SQLite, and made a verdict, in the
batches of a run. The SDK and bare aiohttp (the least that a call can cost) send the same requests, rendered
beforehand; they read no more than that there is an answer, keep nothing, and never wait for the end of a batch.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openai

from errata.testing import MemoryCalls
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.calls import CallLog
from errata.tools.judging.door import Door
from errata.tools.judging.examine import judge_items
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item
from evals.data.judge_items import LABELS, SEED, SPACE, make_items
from evals.peers.clients import Run, bare_loop, bodies_of, with_sdk
from evals.result import write_result
from evals.servers.calls import in_sqlite
from evals.servers.loopback import Loopback

LATENCY_S, IN_FLIGHT = 0.05, 256
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
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
                found[name].append(executor.submit(measure, name, url, content, number).result())
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


def with_errata(url: str, items: list[Item], log: Callable[[ExitStack], CallLog]) -> Run:
    async def run() -> None:
        with ExitStack() as stack:
            door = Door(ServerModel("loopback", url, limit=IN_FLIGHT), log(stack), Budget())
            tasks = [JudgeTask(item, "blind_choice", LABELS) for item in items]
            judged = await judge_items(door, tasks, JudgeSetup(SPACE))
            assert len(judged.verdicts) == len(tasks) and all(verdict.readable for verdict in judged.verdicts)
            await door.close()

    return run


def _medians(rows: list[tuple[float, float]]) -> dict[str, float]:
    cpu, rate = zip(*rows, strict=True)
    return {"cpu_ms_per_call": round(statistics.median(cpu), 3), "calls_per_s": round(statistics.median(rate), 1)}


def in_memory(_: ExitStack) -> CallLog:
    return MemoryCalls()


CONTENDERS: dict[str, Callable[[str, list[Item]], Run]] = {
    "errata, SQLite": lambda url, items: with_errata(url, items, in_sqlite),
    "errata, memory": lambda url, items: with_errata(url, items, in_memory),
    "bare aiohttp": lambda url, items: bare_loop(url, bodies_of(items, SPACE), IN_FLIGHT),
    "openai SDK": lambda url, items: with_sdk(url, bodies_of(items, SPACE), IN_FLIGHT),
}

"""Calls per second that errata reaches on a real vLLM, as a share of what a bare loop of the same requests reaches.

    python -m evals server_share [--runs 3] [--out evals/results/server_share.json]

vLLM serves the tiny judge (0.5 million parameters, 16 tokens to an image: as little work as a judge can be) and a model
of its kind with random weights whose image takes 576 tokens, both without caches for prompts and images, so that nobody
gains from who went before. The requests are blind choices between ten labels, eight for each image. errata's calls are
whole: rendered, sent, read, committed to SQLite, made verdicts, with as many in flight as it finds right. The bare loop
sends what was rendered beforehand, with the number in flight at which it is fastest. They take turns. Server and client
have a core each: a server on a GPU does not share with its clients what limits it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from errata.demo.digits import demo_half, picture
from errata.tools.judging.door import Door
from errata.tools.judging.examine import judge_items
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.spec import open_model
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace, sha_of
from evals.peers.clients import Run, bare_loop, bodies_of
from evals.result import write_result
from evals.servers.calls import in_sqlite
from evals.servers.large_judge import TINY_JUDGE, save_large
from evals.servers.large_judge import picture as large_picture
from evals.servers.vllm_server import VllmServer

DIGITS = LabelSpace(tuple(map(str, range(10))))
IN_FLIGHT = (64, 256)
PERMUTATIONS, LARGE_ITEMS = 8, 60
NO_CACHES = ("--no-enable-prefix-caching", "--mm-processor-cache-gb", "0")
SERVER_CORE, CLIENT_CORE = 0, 1
SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("evals/results/server_share.json"))
    options = parser.parse_args()
    figures: dict[str, Any] = {"runs": options.runs}
    with tempfile.TemporaryDirectory() as folder:
        save_large(Path(folder) / "large")
        for judge, items in ((TINY_JUDGE, digits()), (Path(folder) / "large", large_items())):
            figures[judge.name] = serve_and_compare(judge, items, options.runs)
            print(judge.name, figures[judge.name], flush=True)
    write_result(options.out, figures, seed=SEED)


def serve_and_compare(judge: Path, items: list[Item], runs: int) -> dict[str, Any]:
    os.sched_setaffinity(0, {SERVER_CORE})  # what is started now stays there
    with VllmServer(judge, *NO_CACHES) as server:
        os.sched_setaffinity(0, {CLIENT_CORE})
        return {"calls": PERMUTATIONS * len(items)} | compare(server, items, runs)


def compare(server: VllmServer, items: list[Item], runs: int) -> dict[str, Any]:
    """Median calls per second of errata and of each bare loop, and the share of the fastest of these."""
    bodies = bodies_of(items, DIGITS, server.model, PERMUTATIONS)
    contenders: dict[str, Run] = {"errata": lambda: with_errata(server.spec, items)}
    contenders |= {f"bare loop, {n} in flight": bare_loop(server.url, bodies, n) for n in IN_FLIGHT}
    timed(contenders["errata"])  # the server's first requests are slower
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(runs):
        for name, run in contenders.items():
            rates[name].append(len(bodies) / timed(run))
    medians = {name: round(statistics.median(found), 2) for name, found in rates.items()}
    fastest = max(rate for name, rate in medians.items() if name != "errata")
    return {"calls_per_s": medians, "share": round(medians["errata"] / fastest, 3), "load": os.getloadavg()}


def timed(run: Run) -> float:
    async def whole() -> None:
        await run()

    started = time.perf_counter()
    asyncio.run(whole())
    return time.perf_counter() - started


async def with_errata(spec: str, items: list[Item]) -> None:
    with ExitStack() as stack:
        door = Door(open_model(spec), in_sqlite(stack), Budget())
        tasks = [JudgeTask(item, "blind_choice", DIGITS.names) for item in items]
        judged = await judge_items(door, tasks, JudgeSetup(DIGITS, permutations=PERMUTATIONS))
        assert len(judged.verdicts) == len(tasks) and all(verdict.readable for verdict in judged.verdicts)
        await door.close()


def digits() -> list[Item]:
    pixels_NHW, labels_N = demo_half()
    pictures = [picture(pixels_HW) for pixels_HW in pixels_NHW]
    return [Item.of(n, str(n), sha_of(n), str(labels_N[n]), None, png) for n, png in enumerate(pictures)]


def large_items() -> list[Item]:
    noise = np.random.default_rng(SEED)
    return [Item.of(n, str(n), sha_of(["large", n]), "0", None, large_picture(noise)) for n in range(LARGE_ITEMS)]

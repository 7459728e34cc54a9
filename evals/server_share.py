"""Calls per second that errata reaches on a real vLLM, as a share of what a bare loop of the same requests reaches.

    python -m evals.server_share [--items 899] [--runs 3] [--out evals/results/server_share.json]

vLLM serves the tiny judge without its caches for prompts and images, so that nobody gains from who went before. The
requests are blind choices between ten digits, four for each image. errata's calls are whole: rendered, sent, read,
committed to SQLite, made verdicts, with as many in flight as it finds right. The bare loop sends what was rendered
beforehand, with the number in flight at which it is fastest. They take turns. Server and client have a core each: a
server on a GPU does not share with its clients what limits it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import Any

from errata.agent.roles.examiner import BATCH
from errata.demo.digits import demo_half, picture
from errata.tools.judging.budget import Budget
from errata.tools.judging.door import Door
from errata.tools.judging.examine import JudgeSetup, JudgeTask, judge_items
from errata.tools.judging.spec import open_model
from errata.types import Item, LabelSpace, sha_of
from evals.door import Run, bare_loop, bodies_of, in_sqlite
from evals.result import write_result
from evals.vllm_server import VllmServer

DIGITS = LabelSpace(tuple(map(str, range(10))))
IN_FLIGHT = (64, 256)
PERMUTATIONS = 4
NO_CACHES = ("--no-enable-prefix-caching", "--mm-processor-cache-gb", "0")
SERVER_CORE, CLIENT_CORE = 0, 1
SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=899)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("evals/results/server_share.json"))
    options = parser.parse_args()
    os.sched_setaffinity(0, {SERVER_CORE})  # what is started now stays there
    with VllmServer(Path(str(files("errata.demo") / "tiny_judge")), *NO_CACHES) as server:
        os.sched_setaffinity(0, {CLIENT_CORE})
        figures = compare(server, digits(options.items), options.runs)
    print(figures)
    write_result(options.out, figures | {"calls": PERMUTATIONS * options.items, "runs": options.runs}, seed=SEED)


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
        for start in range(0, len(items), BATCH):
            tasks = [JudgeTask(item, "blind_choice", DIGITS.names) for item in items[start : start + BATCH]]
            judged = await judge_items(door, tasks, JudgeSetup(DIGITS, permutations=PERMUTATIONS))
            assert len(judged.verdicts) == len(tasks) and all(verdict.readable for verdict in judged.verdicts)
        await door.close()


def digits(number: int) -> list[Item]:
    pixels_NHW, labels_N = demo_half()
    pictures = [picture(pixels_HW) for pixels_HW in pixels_NHW[:number]]
    return [Item(n, str(n), sha_of(n), str(labels_N[n]), None, png) for n, png in enumerate(pictures)]


if __name__ == "__main__":
    main()

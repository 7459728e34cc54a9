"""A whole run of short texts with a stub judge: what errata itself costs, from 5,000 items to 100,000.

    python -m evals whole_run [--sizes 5000,20000,100000] [--runs 5] [--out evals/results/whole_run.json]

Texts of ten classes, 5% under a wrong label, with embeddings of their own: embedding is measured by scan_speed.
The judge on this machine answers after 50 ms and takes 256 calls at once; it has a core, errata the other. The rate is
that of all calls from the first batch of questions to the last weighing of their answers; the door alone asks the same
questions, in the same process, right afterwards, into a log of calls of its own. CPU is that of the whole process from
the file to the report, less what the search for neighbors takes, which is timed by itself on the same embeddings.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from errata.agent.drive import drive
from errata.agent.graph import Nodes, Run
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace
from errata.agent.run.workspaces import Workspaces
from errata.agent.state import RunState
from errata.settings import Settings
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.door import Door
from errata.tools.judging.examine import judge_items
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import OTHER_ANSWERS
from evals.data.made_texts import LABEL, TEXT, write_made_texts
from evals.result import write_result
from evals.servers.calls import in_sqlite
from evals.servers.loopback import Loopback

SEED, LATENCY_S, IN_FLIGHT = 0, 0.05, 256
FIGURES = ("calls", "calls_per_s", "door_calls_per_s", "share_of_door", "cpu_ms_per_item", "search_ms_per_item")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="5000,20000,100000")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("evals/results/whole_run.json"))
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    figures: dict[str, Any] = {"runs": options.runs, "latency_s": LATENCY_S, "in_flight": IN_FLIGHT}
    figures["load_before"] = os.getloadavg()
    print(f"{'items':>8}" + "".join(f"{name:>20}" for name in FIGURES))
    with Loopback(latency_s=LATENCY_S, core=1) as url:
        for size in sizes:
            figures[str(size)] = found = _medians([_in_a_process(url, size) for _ in range(options.runs)])
            print(f"{size:8}" + "".join(f"{found[name]:20}" for name in FIGURES), flush=True)
    each = [figures[str(size)]["cpu_ms_per_item"] for size in sizes]
    figures["cpu_per_item_largest_to_smallest"] = round(each[-1] / each[0], 3)
    print(f"CPU an item, {sizes[-1]} to {sizes[0]}: {figures['cpu_per_item_largest_to_smallest']}")
    write_result(options.out, figures, seed=SEED)


def _in_a_process(url: str, size: int) -> dict[str, float]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, url, size).result()


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    """Of each figure by itself: the share is the median of the runs' shares."""
    return {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}


def measure(url: str, size: int) -> dict[str, float]:
    """One run and, after it, the door alone with the same questions, on core 0."""
    os.sched_setaffinity(0, {0})
    with tempfile.TemporaryDirectory() as folder:
        made = write_made_texts(Path(folder), size, seed=SEED)
        values = {"text": TEXT, "label": LABEL, "embeddings": str(made.embeddings), "judge": (f"loopback@{url}",)}
        settings = Settings.model_validate(values | {"calibrate": False})  # measured, the stub would not be used
        clock, cpu = Clock(), time.process_time()
        workspace = begin(made.data, settings)
        try:
            drive(workspace, no_progress, clock.nodes)
            cpu_s = time.process_time() - cpu
            calls = workspace.store.calls_of(workspace.run.run_id).spent().calls
            judging_s, asked = clock.judging_s, list(_questions(workspace))
            space = workspace.run.label_space
        finally:
            workspace.close()
        door_rate = asyncio.run(_door_alone(url, asked, JudgeSetup(space)))
        search_s = _search_s(made.embeddings)
    rate = calls / judging_s
    return {
        "calls": calls,
        "calls_per_s": rate,
        "door_calls_per_s": door_rate,
        "share_of_door": rate / door_rate,
        "cpu_ms_per_item": (cpu_s - search_s) * 1000 / size,
        "search_ms_per_item": search_s * 1000 / size,
        "judging_s": judging_s,
    }


class Clock:
    """When the first batch of questions was taken up, and when the last weighing ended."""

    def __init__(self) -> None:
        self.started, self.ended = float("inf"), 0.0

    @property
    def judging_s(self) -> float:
        return self.ended - self.started

    def nodes(self, workspaces: Workspaces) -> Nodes:
        clock = self

        class Timed(Nodes):
            def judge(self, state: RunState, runtime: Run) -> RunState:
                clock.started = min(clock.started, time.perf_counter())
                return super().judge(state, runtime)

            def weigh(self, state: RunState, runtime: Run) -> RunState:
                found = super().weigh(state, runtime)
                clock.ended = time.perf_counter()
                return found

        return Timed(workspaces)


def _questions(workspace: Workspace) -> Iterator[JudgeTask]:
    verdicts = [v for v in workspace.store.verdicts(workspace.run.run_id) if v.call_keys]
    items = workspace.dataset.each([verdict.idx for verdict in verdicts])
    for item, verdict in zip(items, verdicts, strict=True):
        labels = tuple(option for option in verdict.log_probs if option not in OTHER_ANSWERS)
        if verdict.protocol in ("blind_choice", "contest"):
            yield JudgeTask(item, verdict.protocol, labels)


async def _door_alone(url: str, tasks: list[JudgeTask], setup: JudgeSetup) -> float:
    """Calls per second."""
    with ExitStack() as stack:
        door = Door(ServerModel("loopback", url, limit=IN_FLIGHT), in_sqlite(stack), Budget())
        started = time.perf_counter()
        judged = await judge_items(door, tasks, setup)
        took_s = time.perf_counter() - started
        assert len(judged.verdicts) == len(tasks) and all(verdict.readable for verdict in judged.verdicts)
        await door.close()
        return sum(len(verdict.call_keys) for verdict in judged.verdicts) / took_s


def _search_s(embeddings: Path) -> float:
    embeddings_ND = np.load(embeddings)
    cpu = time.process_time()
    neighbors(embeddings_ND)
    return time.process_time() - cpu


if __name__ == "__main__":
    main()

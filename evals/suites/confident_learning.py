"""errata.find_label_issues beside cleanlab's on the same memory-mapped probabilities: time, memory, the answer.

    python -m evals confident_learning [--runs 5] [--sizes 50000x1000,200000x1000]
                                       [--out evals/results/confident_learning.json]

The probabilities are softmaxes of noisy logits, made in a temporary folder. Each peer is timed in a process of its own
that has done the call before, all peers in turn, and the median is told. Extra memory is the growth of the peak of a
fresh process in the call, with the file's pages in memory beforehand. One pass is the largest value of the array,
found block by block on one core.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import errata
from evals.data.unsure_model import SEED, load, make
from evals.result import write_result

CASES: dict[str, dict[str, str]] = {
    "prune_by_noise_rate": {},
    "both, ranked": {"filter_by": "both", "return_indices_ranked_by": "self_confidence"},
    "confident_learning": {"filter_by": "confident_learning"},
}
PEERS: dict[str, dict[str, Any]] = {"errata": {}, "cleanlab, n_jobs=1": {"n_jobs": 1}, "cleanlab, default": {}}
OURS, SINGLE, DEFAULT = PEERS


class Timed(NamedTuple):
    """Seconds of one call, on the clock and of the processor (with child processes), and its answer."""

    wall_s: float
    cpu_s: float
    found: NDArray[Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sizes", default="50000x1000,200000x1000")
    parser.add_argument("--out", type=Path, default=Path("evals/results/confident_learning.json"))
    options = parser.parse_args()
    figures = {}
    for size in options.sizes.split(","):
        items, classes = (int(part) for part in size.split("x"))
        with tempfile.TemporaryDirectory() as folder:
            # Linux counts what a process holds when it starts another toward the other's peak: this one stays small.
            with process() as maker:
                maker.submit(make, Path(folder), items, classes).result()
            figures[size] = measure(Path(folder), options.runs)
        print_table(size, figures[size])
    write_result(options.out, {"runs": options.runs, "sizes": figures}, seed=SEED)
    print(f"\nwritten to {options.out}")


def measure(folder: Path, runs: int) -> dict[str, Any]:
    """Per case and peer the median times, the extra memory and the ratios; whether all answers are the same."""
    workers = {peer: process() for peer in PEERS}
    pass_s = workers[OURS].submit(one_pass, folder).result()
    cases: dict[str, Any] = {}
    for case in CASES:
        times: dict[str, list[Timed]] = {peer: [] for peer in PEERS}
        for run in range(runs + 1):
            for peer, worker in workers.items():
                timed = worker.submit(call, folder, case, peer).result()
                if run:
                    times[peer].append(timed)
        memory: dict[str, float] = {}
        for peer in PEERS:
            with process() as fresh:
                memory[peer] = fresh.submit(extra_mb, folder, case, peer).result()
        cases[case] = compare(times, memory, pass_s)
    for worker in workers.values():
        worker.shutdown()
    return {"one_pass_s": round(pass_s, 4), "cases": cases}


def compare(times: dict[str, list[Timed]], memory: dict[str, float], pass_s: float) -> dict[str, Any]:
    wall = {peer: median(timed.wall_s for timed in runs) for peer, runs in times.items()}
    cpu = {peer: median(timed.cpu_s for timed in runs) for peer, runs in times.items()}
    answers = [timed.found for runs in times.values() for timed in runs]
    found = answers[0].sum() if answers[0].dtype == np.bool_ else len(answers[0])
    return {
        "found": int(found),
        "identical": all(np.array_equal(answers[0], answer) for answer in answers),
        "peers": {
            peer: {
                "wall_s": round(wall[peer], 4),
                "cpu_s": round(cpu[peer], 4),
                "extra_mb": round(memory[peer], 1),
                "passes": round(wall[peer] / pass_s, 1),
            }
            for peer in PEERS
        },
        "times_faster": {peer: round(wall[peer] / wall[OURS], 1) for peer in (SINGLE, DEFAULT)},
        "times_less_cpu": {peer: round(cpu[peer] / cpu[OURS], 1) for peer in (SINGLE, DEFAULT)},
        "times_less_memory": round(memory[SINGLE] / max(memory[OURS], 0.1), 1),
    }


def process() -> ProcessPoolExecutor:
    """A fresh process, which starts its own children as if it were the first: cleanlab's default counts on that."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, context, start_children_by, (multiprocessing.get_start_method(),))


def start_children_by(method: str) -> None:
    multiprocessing.set_start_method(method, force=True)


def call(folder: Path, case: str, peer: str) -> Timed:
    find, arrays = finder(peer), load(folder)
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        wall_s, cpu_s = time.perf_counter(), cpu_seconds()
        found = find(*arrays, **CASES[case], **PEERS[peer])
        return Timed(time.perf_counter() - wall_s, cpu_seconds() - cpu_s, found)


def extra_mb(folder: Path, case: str, peer: str) -> float:
    """How much the peak of this process grows in the call. For a process that has done nothing else."""
    find, (labels_N, probs_NK) = finder(peer), load(folder)
    find(labels_N % 2, np.eye(2)[labels_N % 2], **CASES[case], **PEERS[peer])
    one_pass(folder)
    before = peak_mb()
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        find(labels_N, probs_NK, **CASES[case], **PEERS[peer])
    return peak_mb() - before


def one_pass(folder: Path) -> float:
    """Seconds to read the array once; the second time, when it is in memory."""
    _, probs_NK = load(folder)
    for _ in range(2):
        start_s = time.perf_counter()
        for start in range(0, len(probs_NK), 256):
            probs_NK[start : start + 256].max()
    return time.perf_counter() - start_s


def finder(peer: str) -> Callable[..., NDArray[Any]]:
    if peer == OURS:
        return errata.find_label_issues
    from cleanlab.filter import find_label_issues

    found: Callable[..., NDArray[Any]] = find_label_issues
    return found


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_table(size: str, figures: dict[str, Any]) -> None:
    print(f"\n{size}, one pass {figures['one_pass_s'] * 1000:.0f} ms")
    print(f"{'':22}{'':20}{'wall':>9}{'CPU':>9}{'extra':>10}{'passes':>8}{'faster':>8}")
    for case, one in figures["cases"].items():
        for peer, of in one["peers"].items():
            faster = f"{one['times_faster'][peer]:7.1f}x" if peer in one["times_faster"] else ""
            print(
                f"{case if peer == OURS else '':22}{peer:20}{of['wall_s']:8.3f}s{of['cpu_s']:8.3f}s"
                f"{of['extra_mb']:7.0f} MB{of['passes']:8.1f}{faster:>8}"
            )
        same = "identical" if one["identical"] else "NOT IDENTICAL"
        print(f"{'':22}{one['found']} found, {same}, {one['times_less_memory']:.0f} times less memory", flush=True)

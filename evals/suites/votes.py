"""Consensus of several annotators: errata beside crowd-kit and cleanlab on the same votes.

    python -m evals votes DATA_FOLDER [--out evals/results/votes.json]

Real votes: 800 pairs of sentences with 10 votes each (Snow and others 2008, textual entailment). Like for like: each of
errata's ways beside the same way elsewhere, and beside all others. CROWDLAB also takes class probabilities: both sides
get the same, out of fold from plain text features and the majority vote. Then the same file through
``errata scan --votes``, without the given labels and beside them. Planted votes: what 100,000 items cost.
"""

from __future__ import annotations

import argparse
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from errata.tools.detectors.annotators.majority import vote_shares
from errata.types import Bool, Int
from evals.data.real_files import real_files
from evals.data.votes import CLASSES, PLANTED, VOTES_PER_ITEM, VoteTask, planted, task_of
from evals.peers.consensus import DEFAULT, LIKE_FOR_LIKE, METHODS, Consensus, Method
from evals.ranking import ap
from evals.result import write_result
from evals.votes_by_command import by_command

SEED = 0
DRAWS = 1000
REPEATS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with multiannot_snow_rte.parquet")
    parser.add_argument("--out", type=Path, default=Path("evals/results/votes.json"))
    options = parser.parse_args()
    (path,) = real_files(parser, options.data, ["multiannot_snow_rte"])
    figures = {"crowd-kit": version("crowd-kit"), "real": measure(path), "planted": scale()}
    write_result(options.out, figures, seed=SEED)
    print(f"written to {options.out}")


def measure(path: Path) -> dict[str, Any]:
    """Each method's accuracy, average precision of finding wrong given labels, and CPU time; and the differences."""
    rows = pq.read_table(path).to_pylist()
    true_N = np.array([CLASSES.index(row["true_label"]) for row in rows])
    given_N = np.array([CLASSES.index(row["given_label"]) for row in rows])
    task = task_of(rows)
    found, methods = {}, {}
    for name, method in METHODS.items():
        found[name], cpu_s = timed(method, task, REPEATS)
        methods[name] = {**figures_of(found[name], true_N, given_N), "cpu_s": cpu_s}
    peers = [name for name in METHODS if not name.startswith("errata")]
    pairs = [*LIKE_FOR_LIKE.items(), *((DEFAULT, peer) for peer in peers)]
    figures = {
        "items": len(rows),
        "votes": len(task.votes.item_V),
        "annotators": task.votes.num_annotators,
        "wrong_given_labels": int((given_N != true_N).sum()),
        "methods": methods,
        "differences_95": {
            f"{ours} minus {theirs}": interval(found[ours], found[theirs], true_N, given_N) for ours, theirs in pairs
        },
    }
    print_real(figures)
    return figures | {"by_command": by_command(path, task, true_N, given_N)}


def timed(method: Method, task: VoteTask, repeats: int) -> tuple[Consensus, float]:
    """What a method finds, and the least CPU seconds over the repeats."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        found = method(task)
        seconds.append(time.process_time() - began)
    return found, round(min(seconds), 4)


def figures_of(found: Consensus, true_N: Int, given_N: Int) -> dict[str, float]:
    """``accuracy`` of the consensus; ``ap`` of 1 - p(given label) against the given labels that are wrong."""
    quality_N = found.probs_NK[np.arange(len(given_N)), given_N]
    return {
        "accuracy": round(float((found.label_N == true_N).mean()), 5),
        "ap": round(ap(given_N != true_N, quality_N), 4),
    }


def interval(ours: Consensus, theirs: Consensus, true_N: Int, given_N: Int) -> dict[str, list[float]]:
    """2.5% and 97.5% points of ours minus theirs over bootstrap draws of the items."""
    rng = np.random.default_rng(SEED)
    differences: dict[str, list[float]] = {"accuracy": [], "ap": []}
    for _ in range(DRAWS):
        drawn: Int = rng.integers(0, len(true_N), len(true_N))
        one, other = (figures_of(_drawn(found, drawn), true_N[drawn], given_N[drawn]) for found in (ours, theirs))
        for name, values in differences.items():
            values.append(one[name] - other[name])
    return {
        name: [round(float(point), 4) for point in np.quantile(values, [0.025, 0.975])]
        for name, values in differences.items()
    }


def _drawn(found: Consensus, drawn: Int) -> Consensus:
    return Consensus(found.label_N[drawn], found.probs_NK[drawn])


def scale() -> dict[str, Any]:
    """CPU seconds and accuracy on planted votes: annotators differ in skill, errors are spread evenly."""
    votes, true_N = planted()
    task = VoteTask(votes, vote_shares(votes))
    figures: dict[str, Any] = {**PLANTED, "votes_per_item": VOTES_PER_ITEM}
    print(f"\nplanted: {votes.num_items} items, {len(votes.item_V)} votes, {votes.num_annotators} annotators")
    for name in ("errata one coin", "errata Dawid-Skene", "crowd-kit OneCoinDawidSkene", "crowd-kit DawidSkene"):
        found, cpu_s = timed(METHODS[name], task, 1)
        right_N: Bool = found.label_N == true_N
        figures[name] = {"accuracy": round(float(right_N.mean()), 5), "cpu_s": cpu_s}
        print(f"{name:32}{figures[name]['accuracy']:9.4f}{cpu_s:10.2f} s", flush=True)
    return figures


def print_real(figures: dict[str, Any]) -> None:
    print(f"{figures['items']} items, {figures['votes']} votes, {figures['annotators']} annotators")
    print(f"{'':32}{'accuracy':>9}{'AP':>8}{'CPU s':>9}")
    for name, row in figures["methods"].items():
        print(f"{name:32}{row['accuracy']:9.4f}{row['ap']:8.3f}{row['cpu_s']:9.4f}")
    for name, row in figures["differences_95"].items():
        print(f"{name}, 95%: accuracy {row['accuracy']}, AP {row['ap']}", flush=True)

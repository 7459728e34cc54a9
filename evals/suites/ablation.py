"""What each method adds when it is switched on, on planted noise.

    python -m evals ablation [--seeds 3] [--out evals/results/ablation.json]

First the detectors of a run, alone and added to the default (evals/ablation/detectors.py). Then the methods that other
data calls for, each on such data made here (the other files beside it). Means over the seeds.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np

from evals.ablation import detectors
from evals.ablation.part import Figures
from evals.ablation.parts import PARTS
from evals.result import write_result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("evals/results/ablation.json"))
    options = parser.parse_args()
    seeds = range(options.seeds)
    by_method = turned(mean([detectors.measure(seed) for seed in seeds]))
    adds = {
        method.removeprefix("+ "): {name: ap - by_method["default"][name] for name, ap in of.items()}
        for method, of in by_method.items()
        if method != "default" and not method.startswith("alone: ")
    }
    print_table(by_method, adds)
    parts = {}
    for name, part in PARTS.items():
        parts[name] = mean([part.measure(seed) for seed in seeds])
        print(f"\n{name}", *part.said(parts[name]).values(), sep="\n  ", flush=True)
    figures = {"ap": rounded(by_method), "adds": rounded(adds), "parts": {k: rounded(of) for k, of in parts.items()}}
    write_result(options.out, {"seeds": options.seeds, **figures, "load": os.getloadavg()}, seed=0)


def mean(runs: list[Figures]) -> Figures:
    return {name: {key: float(np.mean([run[name][key] for run in runs])) for key in of} for name, of in runs[0].items()}


def turned(figures: Figures) -> Figures:
    """By the inner name first."""
    return {key: {name: of[key] for name, of in figures.items()} for key in next(iter(figures.values()))}


def rounded(figures: Figures) -> Figures:
    return {name: {key: round(value, 4) for key, value in of.items()} for name, of in figures.items()}


def print_table(by_method: Figures, adds: Figures) -> None:
    names = list(by_method["default"])
    print(f"{'':44}" + "".join(f"{name:>26}" for name in names))
    print(f"{'default':44}" + "".join(f"{by_method['default'][name]:26.4f}" for name in names))
    for method, of in adds.items():
        print(f"{method:44}" + "".join(f"{of[name]:+26.4f}" for name in names), flush=True)

"""The demo over ten plantings of its errors.

    python -m evals demo [--half training] [--seeds 10] [--out evals/results/demo.json]

Figures are medians over the seeds, next to the worst one. Thresholds are set with ``--half training``, on the half that
the judge was trained on, whose table shows the effect of each threshold of the scripted approval there.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from errata.demo.loop import ACCEPT_ABOVE, Demo, run_demo
from evals.result import write_result

FIGURES = ("recall", "precision", "accepted_right", "broken")
THRESHOLDS = (0.8, 0.9, 0.95, 0.98, 0.99)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("demo", "training"), default="demo")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    runs = []
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(run_demo(Path(folder), lambda step, done, total: None, seed, options.half))
        print(seed, runs[-1].as_json(), flush=True)
    figures = summary(runs)
    print_tables(figures, runs)
    out = options.out or Path(f"evals/results/demo{'' if options.half == 'demo' else '_training_half'}.json")
    write_result(out, {"half": options.half, "accept_above": ACCEPT_ABOVE, **figures}, seed=0)


def summary(runs: list[Demo]) -> dict[str, Any]:
    """Median and worst over the runs, for errata and for its scan alone."""
    found: dict[str, Any] = {"seeds": len(runs)}
    for who, scores in (("errata", [r.errata for r in runs]), ("scan_alone", [r.scan for r in runs])):
        found[who] = {}
        for name in FIGURES:
            values = [float(getattr(score, name)) for score in scores]
            worst = max(values) if name == "broken" else min(values)
            found[who][name] = {"median": round(median(values), 4), "worst": round(worst, 4)}
    found["calls"] = median(run.calls for run in runs)
    found["seconds"] = round(median(run.seconds for run in runs), 1)
    found["reverted_identical"] = all(run.reverted_identical for run in runs)
    return found


def print_tables(figures: dict[str, Any], runs: list[Demo]) -> None:
    print(f"\n{'median (worst) of ' + str(figures['seeds']) + ' seeds':28}{'errata':>18}{'scan alone':>18}")
    for name in FIGURES:
        ours, scan = figures["errata"][name], figures["scan_alone"][name]
        cells = [f"{s['median']:.3f} ({s['worst']:.3f})" for s in (ours, scan)]
        print(f"{name:28}{cells[0]:>18}{cells[1]:>18}")
    print(f"calls {figures['calls']}, {figures['seconds']} s, reverted identical: {figures['reverted_identical']}")
    print("\nyes above   changed   right")
    for threshold in THRESHOLDS:
        rows = [r for run in runs for r in run.rows if r["outcome"] == "relabel" and r["confidence"] >= threshold]
        right = sum(row["proposed_label"] == row["true_label"] for row in rows)
        print(f"{threshold:9}{len(rows) / len(runs):10.1f}{right / max(len(rows), 1):8.3f}")

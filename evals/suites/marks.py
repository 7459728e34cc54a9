"""Marks, any number for each item: how well missing and superfluous ones are found, and what a scan of many costs.

    python -m evals marks [--seeds 5] [--items 100000] [--out evals/results/marks.json]

Six sets of 8 to 100 marks: made vectors, word counts, sentences and pictures by the default encoders; 5 to 30% of each
mark's are missing and .5 to 3% of the rest superfluous. errata is its scan of marks, cleanlab its scores by class on
cross-validated logistic regressions of the same vectors. ``ahead``: mean and standard error over seeds of the
difference in average precision. The cost: ``items`` made vectors with 20 marks, from a file to proposals through the
same steps as ``errata scan``, beside single labels on the same vectors, each in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from errata.tools.detectors.tasks.multi_label import scores_of, true_probs
from evals.data.marked_sets import sets
from evals.data.marks import Marked
from evals.other_tasks.marks import mark_figures, one_against_rest
from evals.result import write_result

SEED, MARKS, WIDTH = 0, 20, 64
FIGURES = ("missing_ap", "superfluous_ap")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--items", type=int, default=100_000, help="of the scan that is timed")
    parser.add_argument("--timed", choices=("multi", "single"), help="only scan what is in --folder, and say its cost")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("evals/results/marks.json"))
    options = parser.parse_args()
    if options.timed:
        print(json.dumps(scanned(options.folder, options.timed)))
        return
    found = {name: measured([make(seed) for seed in range(options.seeds)]) for name, make in sets().items()}
    for name, figures in found.items():
        print(f"{name:16}", "  ".join(f"{key} {value}" for key, value in figures.items()), flush=True)
    cost = costs(options.items)
    print(cost)
    write_result(options.out, {"sets": found, "cost": cost}, seed=SEED)


def measured(seeds: list[Marked]) -> dict[str, Any]:
    ours = [_figures(data, true_probs(data.vectors_ND, data.marks_NK)) for data in seeds]
    theirs = [_figures(data, one_against_rest(data).astype(np.float32)) for data in seeds]
    found: dict[str, Any] = {"marks": seeds[0].true_NK.shape[1]}
    for name in FIGURES:
        own, other = (np.array([one[name] for one in each]) for each in (ours, theirs))
        ahead = own - other
        found[name] = {
            "errata": round(float(own.mean()), 3),
            "cleanlab": round(float(other.mean()), 3),
            "ahead": [round(float(ahead.mean()), 3), round(float(ahead.std(ddof=1) / np.sqrt(len(ahead))), 3)],
        }
    return found


def _figures(data: Marked, probs_NK: Any) -> dict[str, float]:
    scores = scores_of(probs_NK, data.marks_NK)
    return mark_figures(data, probs_NK, scores.quality, scores.flag)


def costs(items: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), items)
        return {"items": items, "marks": MARKS, **{kind: _timed(Path(folder), kind) for kind in ("single", "multi")}}


def _timed(folder: Path, kind: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "evals", "marks", "--timed", kind, "--folder", str(folder)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def write(folder: Path, items: int) -> None:
    """Vectors, a column of marks, and a column of one label: the first mark."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(SEED)
    true_NK = rng.random((items, MARKS)) < 0.15
    true_NK[np.arange(items), rng.integers(0, MARKS, items)] = True
    directions = rng.normal(size=(MARKS, WIDTH)).astype(np.float32)
    vectors = true_NK @ directions + 0.5 * rng.normal(size=(items, WIDTH))
    np.save(folder / "vectors.npy", vectors.astype(np.float32))
    marks_NK = true_NK & (rng.random(true_NK.shape) > 0.05) | (rng.random(true_NK.shape) < 0.005)
    names = np.array([f"mark {k}" for k in range(MARKS)])
    table = {
        "text": [f"item {n}" for n in range(items)],
        "marks": [names[row].tolist() for row in marks_NK],
        "label": names[true_NK.argmax(axis=1)].tolist(),
    }
    pq.write_table(pa.table(table), folder / "data.parquet")


def scanned(folder: Path, kind: str) -> dict[str, Any]:
    import re
    import time
    from contextlib import closing

    from errata.agent.drive import drive
    from errata.agent.run.begin import begin
    from errata.agent.run.notices import no_progress
    from errata.agent.views.status import status_of
    from errata.settings import Settings

    label = "marks" if kind == "multi" else "label"
    typed = {"text": "text", "label": label, "embeddings": str(folder / "vectors.npy")}
    before = time.process_time()
    with closing(begin(folder / "data.parquet", Settings.model_validate(typed), folder / kind)) as workspace:
        drive(workspace, no_progress)
        found = status_of(workspace)
    return {
        "cpu_s": round(time.process_time() - before, 1),
        "peak_mb": int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) // 1024,
        "labels": found["labels"],
        "proposals": found["open"],
        "store_mb": round((folder / kind / "store.sqlite").stat().st_size / 1e6),
    }


if __name__ == "__main__":
    main()

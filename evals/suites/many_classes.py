"""Very many classes: what a scan costs and finds if only the likeliest labels of each item are held.

    python -m evals many_classes [--items 400000] [--classes 3000] [--parts 40000x300,...] [--runs 3] [--before COMMIT]
                                 [--no-scan] [--out evals/results/many_classes.json]

Made embeddings, 5% of the labels wrong at random. ``errata scan`` on a CSV with --embeddings, from the command to the
printed proposals: CPU, wall time and peak memory of its process. On parts that fit, the scan's probabilities as arrays
and with so many labels held: the average precision of its ranking, how often it names the right label of a wrong one,
CPU of the probabilities, peak memory. ``--before``: an earlier commit, whose scan of 50,000 items of 100 classes
(``scan_speed``) runs in turns with this one's.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import errata
from errata.tools.detectors.arrays.top_classes import top_classes
from errata.tools.detectors.arrays.top_probs import KEPT
from errata.tools.detectors.confident.channel_quality import channel_quality
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.probs import ensemble
from evals.data.made_embeddings import made_task, make
from evals.ranking import ap
from evals.result import commit, write_result

SEED, USUAL = 0, 50_000
INSTALLED = "installed"
COMMAND = "import sys; from errata.apps.cli import main; sys.exit(main())"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=400_000)
    parser.add_argument("--classes", type=int, default=3000)
    parser.add_argument("--parts", default="20000x500,40000x1000,40000x3000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--before", metavar="COMMIT")
    parser.add_argument("--no-scan", action="store_true", help="keep the scan's figures of the last time")
    parser.add_argument("--out", type=Path, default=Path("evals/results/many_classes.json"))
    parser.add_argument("--child", nargs=3, type=int, metavar=("ITEMS", "CLASSES", "KEPT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(probabilities(*options.child)))
        return
    figures: dict[str, Any] = {}
    for part in options.parts.split(","):
        figures[part] = held_or_not(*map(int, part.split("x")))
        print(part, json.dumps(figures[part]), flush=True)
    if options.before:
        figures[f"{USUAL}x100"] = before_and_after(options.before, options.runs)
        print(json.dumps(figures[f"{USUAL}x100"]), flush=True)
    # Last: Linux counts the memory of this process, which then holds the results, as that of the next ones it starts.
    figures["scan"] = kept_scan(options.out) if options.no_scan else scanned(options.items, options.classes)
    print(json.dumps(figures["scan"]), flush=True)
    write_result(options.out, figures | {"kept": KEPT, "load": os.getloadavg()}, seed=SEED)


def kept_scan(path: Path) -> dict[str, Any]:
    """What an earlier run of this suite measured."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["scan"]
    return found


def scanned(items: int, classes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        data, embeddings = Path(folder) / "made.csv", Path(folder) / "embeddings.npy"
        truth_N = write(items, classes, data, embeddings)
        command = [sys.executable, "-c", COMMAND, "scan", str(data), "--text", "text", "--label", "label"]
        figures = costs([*command, "--embeddings", str(embeddings)], folder)
        run = errata.open(data, text="text", label="label", embeddings=str(embeddings))
        rows = run.results
        run.close()
        figures["folder_mb"] = round(sum(one.stat().st_size for one in data.with_suffix(".errata").rglob("*")) / 2**20)
    true = [f"class {label}" for label in truth_N.tolist()]
    wrong_N = np.array([row["given_label"] != label for row, label in zip(rows, true, strict=True)])
    relabels = [(row, label) for row, label in zip(rows, true, strict=True) if row["outcome"] == "relabel"]
    return figures | {
        "commit": commit(),
        "items": items,
        "classes": classes,
        "wrong": int(wrong_N.sum()),
        "ap": round(ap(wrong_N, np.array([row["quality"] for row in rows])), 4),
        "relabels": len(relabels),
        "relabels_right": sum(row["proposed_label"] == label for row, label in relabels),
        "relabels_at_90": sum(row["confidence"] >= 0.9 for row, _ in relabels),
        "relabels_at_90_right": sum(row["proposed_label"] == of for row, of in relabels if row["confidence"] >= 0.9),
    }


def write(items: int, classes: int, data: Path, embeddings: Path) -> Any:
    """The CSV and the embeddings; returns the true labels."""
    task = made_task(items, classes, SEED)
    assert task.features_ND is not None
    np.save(embeddings, task.features_ND)
    with data.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows((f"item {n}", f"class {label}") for n, label in enumerate(task.labels_N.tolist()))
    return task.truth_N


def costs(command: list[str], folder: str) -> dict[str, float]:
    """Of one process: the memory is its peak."""
    start, environment = time.monotonic(), os.environ | {"XDG_STATE_HOME": folder}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    return {
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "wall_s": round(time.monotonic() - start, 1),
        "peak_mb": round(used.ru_maxrss / 1024),
    }


def held_or_not(items: int, classes: int) -> dict[str, dict[str, float]]:
    """As arrays, and with KEPT labels held."""
    names = {"all held": classes, f"{KEPT} held": KEPT}
    return {name: in_child(["--child", str(items), str(classes), str(kept)]) for name, kept in names.items()}


def in_child(arguments: list[str], suite: str = "many_classes", folder: Path | None = None) -> dict[str, float]:
    command = [sys.executable, "-m", "evals", suite, *arguments]
    environment = os.environ | ({"PYTHONPATH": f"{folder / INSTALLED}:{folder}"} if folder else {})
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, env=environment)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def probabilities(items: int, classes: int, kept: int) -> dict[str, float]:
    task = made_task(items, classes, SEED)
    assert task.features_ND is not None
    near, before = neighbors(task.features_ND), time.process_time()
    as_array = None if kept == classes else kept
    probs_NK = ensemble.left_out_probs(task.features_ND, task.labels_N, classes, near, as_array)
    cpu_s = time.process_time() - before
    wrong_N = task.labels_N != task.truth_N
    named_N = top_classes(task.labels_N, probs_NK).top_N == task.truth_N
    return {
        "cpu_s": round(cpu_s, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "ap": round(ap(wrong_N, channel_quality(task.labels_N, probs_NK)), 4),
        "named_right": round(float(named_N[wrong_N].mean()), 4),
    }


def before_and_after(before: str, runs: int) -> dict[str, dict[str, float]]:
    """Medians of the scan of ``scan_speed``, by the commit ``before`` and by this checkout, in turns."""
    found: dict[str, list[dict[str, float]]] = {"before": [], "after": []}
    with tempfile.TemporaryDirectory() as data, checkout(before) as earlier:
        make(USUAL, Path(data))
        for _ in range(runs):
            for name, folder in zip(found, (earlier, None), strict=True):
                found[name].append(in_child(["--child", "errata", data], "scan_speed", folder))
    return {
        name: {key: round(statistics.median(run[key] for run in each), 4) for key in each[0]}
        for name, each in found.items()
    }


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """The project as it was at a commit, in a folder of its own, and installed in one inside, for its entry points."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", folder, revision], check=True)
        try:
            install = ["install", "--quiet", "--no-deps", "--target", f"{folder}/{INSTALLED}", folder]
            subprocess.run([sys.executable, "-m", "pip", *install], check=True)
            yield Path(folder)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", folder], check=True)


if __name__ == "__main__":
    main()

"""What it costs to get from embeddings and labels to ranked issues: errata's default scan beside cleanlab's recipe.

    python -m evals scan_speed [--sizes 10000,50000] [--large 1000000] [--runs 3] [--out evals/results/scan_speed.json]

Made embeddings of length 1, 384 wide: 100 classes, their centers and clouds with the spectrum of MiniLM's embeddings of
news, a tenth of the labels wrong (half of them to the most similar class). errata: nearest neighbors, the ensemble's
probabilities, confident learning, neighbors, duplicates. cleanlab: 5-fold logistic regression (one BLAS thread, which
costs it least), then Datalab with the features and those probabilities, its default checks. Each run is a process of
its own, in turns; CPU seconds of the process from loaded arrays to the ranked table, and its extra memory. ``--large``
adds errata alone on so many items, to see how it grows. Clouds of one shape are what a discriminant is made for: the
average precision says here that speed loses nothing, and no more (for that, detection).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from errata.types import F32, Int
from evals.data.made_embeddings import CLASSES, SEED, make
from evals.ranking import ap
from evals.result import write_result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,50000")
    parser.add_argument("--large", type=int, action="append", default=[])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("evals/results/scan_speed.json"))
    parser.add_argument("--child", nargs=2, metavar=("WHO", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measured(options.child[0], Path(options.child[1]))))
        return
    figures: dict[str, Any] = {"runs": options.runs, "sizes": {}}
    for size in [int(size) for size in options.sizes.split(",") if size] + options.large:
        peers = ("errata",) if size in options.large else ("errata", "cleanlab")
        figures["sizes"][str(size)] = compare(size, peers, 1 if size in options.large else options.runs)
        print(size, json.dumps(figures["sizes"][str(size)]), flush=True)
    write_result(options.out, figures | {"load": os.getloadavg()}, seed=SEED)


def compare(size: int, peers: tuple[str, ...], runs: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        make(size, Path(folder))
        found: dict[str, list[dict[str, float]]] = {peer: [] for peer in peers}
        for _ in range(runs):
            for peer in peers:
                found[peer].append(in_child(peer, folder))
    medians = {
        peer: {key: round(statistics.median(run[key] for run in each), 4) for key in each[0]}
        for peer, each in found.items()
    }
    if len(peers) == 1:
        return medians
    ratio = medians["cleanlab"]["cpu_s"] / medians["errata"]["cpu_s"]
    return medians | {"cpu_ratio": round(ratio, 2)}


def in_child(peer: str, folder: str) -> dict[str, float]:
    command = [sys.executable, "-m", "evals", "scan_speed", "--child", peer, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(peer: str, folder: Path) -> dict[str, float]:
    embeddings_ND = np.load(folder / "embeddings.npy", mmap_mode="r")
    labels_N, truth_N = np.load(folder / "labels.npy"), np.load(folder / "truth.npy")
    find = {"errata": with_errata, "cleanlab": with_cleanlab}[peer]
    small = slice(0, 2000)  # imports, pools of threads and compiled code are not what is measured
    find(np.asarray(embeddings_ND[small]), labels_N[small])
    before_mb, cpu, wall = _peak_mb(), time.process_time(), time.perf_counter()
    quality_N, suggested_N = find(embeddings_ND, labels_N)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    wrong_N = labels_N != truth_N
    return {
        "cpu_s": cpu,
        "wall_s": wall,
        "extra_mb": _peak_mb() - before_mb,
        "ap": ap(wrong_N, quality_N),
        "suggestion_right": float((suggested_N == truth_N)[wrong_N].mean()),
    }


def with_errata(embeddings_ND: F32, labels_N: Int) -> tuple[F32, Int]:
    from errata.tools.detectors import DetectorInput, detectors
    from errata.tools.detectors.neighbors.neighbors import neighbors
    from errata.tools.detectors.probs import ensemble
    from evals.peers.errata import suggested

    near = neighbors(embeddings_ND)
    probs_NK = ensemble.leave_one_out(embeddings_ND, labels_N, CLASSES, near)
    shas = [str(n) for n in range(len(labels_N))]
    given = DetectorInput(labels_N, CLASSES, embeddings_ND, probs_NK, shas, near)
    scores = {name: detector.detect(given) for name, detector in detectors().items() if detector.default}
    quality_N = scores["confident_learning"].quality
    np.argsort(quality_N)
    return quality_N, suggested(labels_N, probs_NK)


def with_cleanlab(embeddings_ND: F32, labels_N: Int) -> tuple[F32, Int]:
    import contextlib
    import io

    from cleanlab import Datalab

    from evals.peers.from_probs import recipe_probs

    embeddings_ND = np.asarray(embeddings_ND)
    probs_NK = recipe_probs(embeddings_ND, labels_N)
    with contextlib.redirect_stdout(io.StringIO()):
        lab = Datalab({"label": labels_N}, label_name="label", verbosity=0)
        lab.find_issues(features=embeddings_ND, pred_probs=probs_NK)
    issues = lab.get_issues("label")
    return issues["label_score"].to_numpy(), issues["predicted_label"].to_numpy()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

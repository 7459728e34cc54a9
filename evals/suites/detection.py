"""How well errata's scan finds wrong labels, and the right ones instead, beside its peers on the same features.

    python -m evals detection DATA_FOLDER [--sets digits,noisyag,...] [--out evals/results/detection.json]

One configuration, errata's default, was chosen on planted noise alone: 10, 20 and 40% even flips, flips to the class
that looks most alike, and out-of-class items. Measured here on scikit-learn's digits with planted noise (five
seeds), on real errors of NoisyAG news, Hausa news and roman numerals (errata's own features, the same for all), and on
CIFAR-10N with the supplied probabilities of a ResNet-18. Rows come in a random order. Per set the average precision of
finding the wrong labels and the share of them whose suggested label is right, the best single peer, and the paired 95%
interval of errata's lead over it, from drawing the items (and seeds) anew.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.types import F64, Bool, Int
from evals.data.label_tasks import REAL, Task, sets
from evals.data.planted_noise import UNKNOWN
from evals.data.real_files import real_files
from evals.peers.errata import with_features, with_probs
from evals.peers.from_features import from_features
from evals.peers.from_probs import from_probs, recipe_probs
from evals.ranking import ap
from evals.result import write_result

SEED, DRAWS = 0, 1000


class Found(NamedTuple):
    """One task's wrong labels, and each method's ranking and hits (is the suggestion right; NaN where unknown)."""

    wrong_N: Bool
    quality: dict[str, NDArray[np.floating[Any]]]
    hit: dict[str, F64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with " + ", ".join(REAL))
    parser.add_argument("--sets", help="only these, comma-separated")
    parser.add_argument("--out", type=Path, default=Path("evals/results/detection.json"))
    options = parser.parse_args()
    known = sets(options.data)
    chosen = options.sets.split(",") if options.sets else list(known)
    real_files(parser, options.data, REAL)
    figures = {}
    for name in chosen:
        figures[name] = compare([judge_task(task) for task in known[name]()])
        print_set(name, figures[name])
    write_result(options.out, {"load": os.getloadavg(), "sets": figures}, seed=SEED)


def judge_task(task: Task) -> Found:
    """errata and its peers, each with the same labels and features, or probabilities."""
    if task.features_ND is None:
        assert task.probs_NK is not None
        ranked = {"errata": with_probs(task.labels_N, task.probs_NK)} | from_probs(task.labels_N, task.probs_NK)
    else:
        recipe_NK = recipe_probs(task.features_ND, task.labels_N)
        ranked = {"errata": with_features(task.features_ND, task.labels_N, task.classes)} | from_probs(
            task.labels_N, recipe_NK
        )
        ranked |= from_features(task.labels_N, task.features_ND, recipe_NK)
    known_N = task.wrong_N & (task.truth_N != UNKNOWN)
    hit = {name: np.where(known_N, found.suggested_N == task.truth_N, np.nan) for name, found in ranked.items()}
    return Found(task.wrong_N, {name: found.quality_N for name, found in ranked.items()}, hit)


def compare(found: Sequence[Found]) -> dict[str, Any]:
    """Means over the seeds, and errata's lead over the best single peer, in average precision and in suggestions."""
    methods = list(found[0].quality)
    ap = {name: _mean_ap(found, name, None) for name in methods}
    fix = {name: float(np.mean([np.nanmean(f.hit[name]) for f in found])) for name in methods}
    peers = methods[1:]
    figures: dict[str, Any] = {
        "items": len(found[0].wrong_N),
        "wrong": int(np.mean([f.wrong_N.sum() for f in found])),
        "ap": {name: round(value, 4) for name, value in ap.items()},
        "suggestion_right": {name: round(value, 4) for name, value in fix.items()},
    }
    rng = np.random.default_rng(SEED)
    draws = [rng.integers(0, len(found[0].wrong_N), len(found[0].wrong_N)) for _ in range(DRAWS)]
    best = max(peers, key=lambda name: ap[name])
    leads = [_mean_ap(found, "errata", rows) - _mean_ap(found, best, rows) for rows in draws]
    figures["ap_lead"] = _lead(best, ap["errata"] - ap[best], leads)
    best = max(peers, key=lambda name: fix[name])
    leads = [_mean_fix(found, "errata", rows) - _mean_fix(found, best, rows) for rows in draws]
    figures["suggestion_lead"] = _lead(best, fix["errata"] - fix[best], leads)
    return figures


def _mean_ap(found: Sequence[Found], name: str, rows: Int | None) -> float:
    chosen: Any = slice(None) if rows is None else rows
    return float(np.mean([ap(f.wrong_N[chosen], f.quality[name][chosen]) for f in found]))


def _mean_fix(found: Sequence[Found], name: str, rows: Int) -> float:
    return float(np.mean([np.nanmean(f.hit[name][rows]) for f in found]))


def _lead(best: str, lead: float, drawn: Sequence[float]) -> dict[str, Any]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"best_peer": best, "lead": round(lead, 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def print_set(name: str, figures: dict[str, Any]) -> None:
    print(f"\n{name}: {figures['items']} items, {figures['wrong']} wrong")
    for method in figures["ap"]:
        print(f"  {method:36}{figures['ap'][method]:8.4f}{figures['suggestion_right'][method]:8.3f}")
    for what in ("ap_lead", "suggestion_lead"):
        lead = figures[what]
        print(f"  {what}: {lead['lead']:+.4f} ({lead['low']:+.4f} to {lead['high']:+.4f}) over {lead['best_peer']}")
    print("", end="", flush=True)

"""How well errata's scan finds wrong labels, and the right ones instead, beside its peers on the same features.

    python -m evals.detection DATA_FOLDER [--sets digits,noisyag,...] [--out evals/results/detection.json]

One configuration, errata's default, was chosen on planted noise alone: 10, 20 and 40% even flips, flips to the class
that looks most alike, and items that fit no class. Measured here on scikit-learn's digits with planted noise (five
seeds), on real errors of NoisyAG news, Hausa news and roman numerals (errata's own features, the same for all), and on
CIFAR-10N with the supplied probabilities of a ResNet-18. Rows come in a random order. Per set the average precision of
finding the wrong labels and the share of them whose suggested label is right, the best single peer, and the paired 95%
interval of errata's lead over it, from drawing the items (and seeds) anew.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.probs import ensemble
from errata.tools.features.choose import choose_embedder
from errata.types import F32, F64, Bool, Int, Item
from evals.ablation.part import posterior
from evals.peers import Ranked, best_other, from_features, from_probs, recipe_probs
from evals.planted import UNKNOWN, Kind, digits, plant
from evals.ranking import ap
from evals.real_data import real_files
from evals.result import write_result

SEED, SEEDS, DRAWS = 0, 5, 1000
SHARES = (0.1, 0.2, 0.4)
FILES = {
    "noisyag": ("text_noisyag_news", "text"),
    "hausa": ("text_hausa_news", "text"),
    "roman": ("image_roman_numerals", "image"),
}
CIFAR = "labels_only_cifar10n_40k"
REAL = (*(file for file, _ in FILES.values()), CIFAR)
CIFAR_COLUMNS = {"cifar10n_given": ("given_label", "aggre"), "cifar10n_worst": ("given_label_worst", "worst")}
CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class Task(NamedTuple):
    """Labels to check and the truth (UNKNOWN: no class is right, or nobody knows which); features or probabilities."""

    labels_N: Int
    truth_N: Int
    wrong_N: Bool
    classes: int
    features_ND: F32 | None = None
    probs_NK: F32 | None = None


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


def sets(data: Path) -> Mapping[str, Callable[[], Iterator[Task]]]:
    kinds: tuple[Kind, ...] = ("even", "look_alike")
    planted = {f"digits_{kind}_{share:.0%}": partial(planted_digits, kind, share) for kind in kinds for share in SHARES}
    real = {name: partial(real_errors, data / f"{file}.parquet", content) for name, (file, content) in FILES.items()}
    crowd = {name: partial(cifar, data / f"{CIFAR}.parquet", *columns) for name, columns in CIFAR_COLUMNS.items()}
    return planted | real | crowd


def planted_digits(kind: Kind, share: float) -> Iterator[Task]:
    for seed in range(SEEDS):
        planted = plant(*digits(), kind, share, seed)
        yield Task(planted.labels_N, planted.truth_N, planted.wrong_N, 10, planted.features_ND)


def real_errors(path: Path, content: str) -> Iterator[Task]:
    """Real labels on features that errata computes."""
    table = pq.read_table(path)
    table = table.take(np.random.default_rng(SEED).permutation(table.num_rows))
    contents = table[content].to_pylist()
    text = content == "text"
    items = [Item(n, str(n), str(n), None, c if text else None, None if text else c) for n, c in enumerate(contents)]
    features_ND = choose_embedder("text" if text else "image").embed(items)
    yield labeled_task(table["given_label"].to_pylist(), table["true_label"].to_pylist(), features_ND=features_ND)


def cifar(path: Path, column: str, probs: str) -> Iterator[Task]:
    table = pq.read_table(path)
    probs_NK = np.array(table[f"pred_probs_{probs}_resnet18"].to_pylist(), np.float32)
    given, truth = table[column].to_pylist(), table["true_label"].to_pylist()
    yield labeled_task(given, truth, probs_NK=probs_NK, names=CIFAR_CLASSES)


def labeled_task(
    given: Sequence[str], truth: Sequence[str | None], names: Sequence[str] | None = None, **arrays: F32
) -> Task:
    names = names or sorted(set(given))
    index = {name: k for k, name in enumerate(names)}
    labels_N = np.array([index[name] for name in given])
    truth_N = np.array([index.get(str(name), UNKNOWN) for name in truth])
    return Task(labels_N, truth_N, labels_N != truth_N, len(names), **arrays)


def judge_task(task: Task) -> Found:
    """errata and its peers, each with the same labels and features, or probabilities."""
    if task.features_ND is None:
        assert task.probs_NK is not None
        ranked = {"errata": with_probs(task.labels_N, task.probs_NK)} | from_probs(task.labels_N, task.probs_NK)
    else:
        recipe_NK = recipe_probs(task.features_ND, task.labels_N)
        ranked = {"errata": with_features(task)} | from_probs(task.labels_N, recipe_NK)
        ranked |= from_features(task.labels_N, task.features_ND, recipe_NK)
    known_N = task.wrong_N & (task.truth_N != UNKNOWN)
    hit = {name: np.where(known_N, found.suggested_N == task.truth_N, np.nan) for name, found in ranked.items()}
    return Found(task.wrong_N, {name: found.quality_N for name, found in ranked.items()}, hit)


def with_features(task: Task) -> Ranked:
    assert task.features_ND is not None
    near = neighbors(task.features_ND)
    return with_probs(task.labels_N, ensemble.leave_one_out(task.features_ND, task.labels_N, task.classes, near))


def with_probs(labels_N: Int, probs_NK: F32) -> Ranked:
    return Ranked(confident_learning.detect(labels_N, probs_NK).quality, suggested(labels_N, probs_NK))


def suggested(labels_N: Int, probs_NK: F32) -> Int:
    """The likeliest other label, as a run's posterior has it."""
    return best_other(posterior(labels_N, probs_NK), labels_N)


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


if __name__ == "__main__":
    main()

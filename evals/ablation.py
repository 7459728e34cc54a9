"""What each detector adds to the default ones when it is switched on, on planted noise.

    python -m evals.ablation [--seeds 3] [--out evals/results/ablation.json]

scikit-learn's digits, sharp and blurred, with even flips (20%), flips to the most similar class (20%), and items that
fit no class (10%). Average precision of finding them: by the detector alone; and how much the default's rises when the
detector is added, its distribution over labels pooled with the ensemble's (a detector without one: its quality
multiplied in, by a root of it). Then the parts of the ensemble, each left out.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from errata.tools.detectors import DetectorInput, detectors, discriminant, ensemble, ridge
from errata.tools.detectors.channel_quality import channel_quality
from errata.tools.detectors.neighbors import neighbor_votes, neighbors
from errata.tools.detectors.pool import pool
from errata.tools.detectors.propagation import averaged
from errata.tools.detectors.temperature import probabilities_from
from errata.tools.features.probe import out_of_fold_probs
from errata.types import F32, Scores
from evals.planted import Kind, Planted, digits, plant
from evals.result import write_result

KINDS: tuple[tuple[Kind, float], ...] = (("even", 0.2), ("look_alike", 0.2), ("fits_nothing", 0.1))
FEATURES = {"digits": 0.0, "blurred": 0.45}
ROOT = 0.1
"""Power of a quality that is multiplied in: it breaks ties and doubts, and decides nothing alone."""

Quality = Callable[[DetectorInput], F32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("evals/results/ablation.json"))
    options = parser.parse_args()
    found: dict[str, dict[str, list[float]]] = {}
    for name, planted in sets(options.seeds):
        for method, quality_N in methods(planted).items():
            ap = average_precision_score(planted.wrong_N, -quality_N)
            found.setdefault(method, {}).setdefault(name, []).append(float(ap))
    mean = {method: {name: float(np.mean(aps)) for name, aps in of.items()} for method, of in found.items()}
    figures = {method: {name: round(ap, 4) for name, ap in of.items()} for method, of in mean.items()}
    adds = {
        method.removeprefix("+ "): {name: round(ap - mean["default"][name], 4) for name, ap in of.items()}
        for method, of in mean.items()
        if method != "default" and not method.startswith("alone: ")
    }
    print_table(figures, adds)
    write_result(options.out, {"seeds": options.seeds, "ap": figures, "adds": adds, "load": os.getloadavg()}, seed=0)


def sets(seeds: int) -> Iterator[tuple[str, Planted]]:
    for features, blurred in FEATURES.items():
        for kind, share in KINDS:
            for seed in range(seeds):
                yield f"{features}, {kind.replace('_', ' ')}", plant(*digits(blurred), kind, share, seed)


def methods(planted: Planted) -> Mapping[str, F32]:
    """Quality by the default, by each detector alone and added to it, and by the ensemble less each of its parts."""
    labels_N, vectors_ND = planted.labels_N, planted.features_ND
    near = neighbors(vectors_ND)
    probs_NK = ensemble.leave_one_out(vectors_ND, labels_N, 10, near)
    shas = [str(n) for n in range(len(labels_N))]
    given = DetectorInput(labels_N, 10, vectors_ND, probs_NK, shas, near)
    found = {"default": channel_quality(labels_N, probs_NK)}
    for name, detector in detectors().items():
        if name == "confident_learning":
            continue
        scores = detector.detect(given)
        found[f"alone: {name}"] = scores.quality
        found[f"+ {name}"] = added(given, probs_NK, scores)
    return found | {name: channel_quality(labels_N, probs) for name, probs in parts(given).items()}


def added(given: DetectorInput, probs_NK: F32, scores: Scores) -> F32:
    if scores.label_probs is not None:
        return channel_quality(given.labels_N, pool([probs_NK, scores.label_probs], given.labels_N))
    quality_N = channel_quality(given.labels_N, probs_NK) * np.maximum(scores.quality, 1e-6) ** ROOT
    return np.asarray(quality_N, np.float32)


def parts(given: DetectorInput) -> dict[str, F32]:
    """Probabilities f32[N, K] of less than the ensemble, and of the usual recipe."""
    vectors_ND, labels_N, classes, near = given.embeddings(), given.labels_N, given.num_classes, given.near
    votes_NK = neighbor_votes(near, labels_N, classes)
    discriminant_NK = discriminant.leave_one_out(vectors_ND, labels_N, classes)
    both_NK = pool([votes_NK, discriminant_NK], labels_N)
    ridge_NK = probabilities_from(ridge.leave_one_out(vectors_ND, labels_N, classes), labels_N)
    return {
        "only neighbors": votes_NK,
        "only the discriminant": discriminant_NK,
        "both pooled, once": both_NK,
        "both pooled and averaged over neighbors": averaged(near, both_NK),
        "both and ridge pooled, once": pool([votes_NK, discriminant_NK, ridge_NK], labels_N),
        "logistic regression in five folds": out_of_fold_probs(vectors_ND, labels_N, classes),
    }


def print_table(figures: Mapping[str, Mapping[str, float]], adds: Mapping[str, Mapping[str, float]]) -> None:
    names = list(figures["default"])
    print(f"{'':44}" + "".join(f"{name:>26}" for name in names))
    print(f"{'default':44}" + "".join(f"{figures['default'][name]:26.4f}" for name in names))
    for method, of in adds.items():
        print(f"{method:44}" + "".join(f"{of[name]:+26.4f}" for name in names), flush=True)


if __name__ == "__main__":
    main()

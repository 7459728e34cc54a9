"""What the names of the classes know of the labels, without any given label: prototypes from texts that match them.

    python -m evals class_names DATA_FOLDER [--out evals/results/class_names.json]

AG news by MiniLM, whose vectors of a class are its name's and a short description's: with the labels of a crowd, and
with the source's labels, of which a fifth is planted wrong, evenly. The pseudo-labels (as many of each class) beside as
many of the best matches whatever their class; the witness alone and added to the default; what the rule keeps, changes
and drops.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from errata.tools.detectors.confident.channel_quality import channel_quality
from errata.tools.detectors.probs.stacking import pool
from errata.tools.detectors.tasks import text_prototypes
from errata.tools.features.embedder import unit_rows
from errata.tools.features.minilm_int8 import MiniLMInt8
from errata.types import F32, Item
from evals.ablation.part import default_probs
from evals.data.label_tasks import real_errors
from evals.data.planted_noise import FLIPPED, PlantedNoise, plant
from evals.data.real_files import real_files
from evals.ranking import aps, show
from evals.result import write_result

SEED = 0
FILE = "text_noisyag_news"
DESCRIBED = {
    "Business": "news about business",
    "Sci/Tech": "news about science and technology",
    "Sports": "news about sports",
    "World": "news about world affairs",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help=f"folder with {FILE}.parquet")
    parser.add_argument("--out", type=Path, default=Path("evals/results/class_names.json"))
    options = parser.parse_args()
    (path,) = real_files(parser, options.data, [FILE])
    classes_KD = described()
    figures = {}
    for name, planted in sets(path):
        figures[name] = measure(planted, classes_KD)
        show(name, figures[name])
    write_result(options.out, {"sets": figures}, seed=SEED)


def sets(path: Path) -> Iterator[tuple[str, PlantedNoise]]:
    task = next(real_errors(path, "text"))
    assert task.features_ND is not None
    yield "crowd", PlantedNoise(task.features_ND, task.labels_N, task.truth_N)
    yield "planted", plant(task.features_ND, task.truth_N, "even", FLIPPED, SEED)


def described() -> F32:
    """f32[K, D]: of each class the mean of both wordings, in the order of the names."""
    words = [Item.of(n, str(n), "", None, text=text) for n, text in enumerate([*DESCRIBED, *DESCRIBED.values()])]
    both_2KD = unit_rows(MiniLMInt8().embed(words)).reshape(2, len(DESCRIBED), -1)
    return unit_rows(both_2KD.mean(axis=0))


def measure(planted: PlantedNoise, classes_KD: F32) -> dict[str, float]:
    labels_N, truth_N, wrong_N = planted.labels_N, planted.truth_N, planted.wrong_N
    units_ND = unit_rows(planted.features_ND)
    told_N = text_prototypes.witness(units_ND, classes_KD, labels_N)
    probs_NK = default_probs(planted)
    ways = {"alone": told_N, "default": probs_NK, "added": pool([probs_NK, told_N], labels_N)}
    decided_N = text_prototypes.keep_or_change(told_N, labels_N)
    changed_N, dropped_N = (decided_N >= 0) & (decided_N != labels_N), decided_N == text_prototypes.DROPPED
    figures = aps(wrong_N, {way: channel_quality(labels_N, of_NK) for way, of_NK in ways.items()})
    figures |= matches(units_ND, classes_KD, truth_N)
    return {name: round(value, 4) for name, value in figures.items()} | {
        "changed": int(changed_N.sum()),
        "changed_rightly": int((decided_N == truth_N)[changed_N].sum()),
        "changed_though_right": int((~wrong_N)[changed_N].sum()),
        "dropped": int(dropped_N.sum()),
        "dropped_wrong": int(wrong_N[dropped_N].sum()),
    }


def matches(units_ND: F32, classes_KD: F32, truth_N: np.ndarray) -> dict[str, float]:
    """Share of right ones: of the pseudo-labels, and of as many best matches, whatever their class."""
    pseudo_N = text_prototypes.pseudo_labels(units_ND, classes_KD)
    cosine_NK = units_ND @ classes_KD.T
    best_M = np.argsort(-cosine_NK.max(axis=1))[: np.count_nonzero(pseudo_N >= 0)]
    return {
        "pseudo_right": float((pseudo_N == truth_N)[pseudo_N >= 0].mean()),
        "best_right": float((cosine_NK.argmax(axis=1) == truth_N)[best_M].mean()),
    }

"""The detectors of a run: the average precision of each alone, and what it adds to the default ones.

Digits, sharp and blurred, with even flips (20%), flips to the most similar class (20%), and out-of-class items (10%). A
detector is added by pooling its distribution over labels with the ensemble's or, if it has none, by multiplying in a
root of its quality. Then the parts of the ensemble, each left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from errata.tools.detectors import DetectorInput, detectors
from errata.tools.detectors.confident.channel_quality import channel_quality
from errata.tools.detectors.neighbors.neighbors import neighbor_votes, neighbors
from errata.tools.detectors.neighbors.propagation import averaged
from errata.tools.detectors.probs import discriminant, ensemble, ridge
from errata.tools.detectors.probs.stacking import pool
from errata.tools.detectors.probs.temperature import probabilities_from
from errata.tools.features.probe import out_of_fold_probs
from errata.types import F32, Scores
from evals.ablation.part import Figures
from evals.data.planted_noise import FEATURES, OUT_OF_CLASS, PlantedNoise, digits, flipped, plant
from evals.ranking import aps

ROOT = 0.1
"""Power of a quality that is multiplied in: it breaks ties and raises doubts, but decides nothing alone."""


def measure(seed: int) -> Figures:
    """Each method's average precision, by set."""
    return {name: aps(planted.wrong_N, methods(planted)) for name, planted in sets(seed)}


def sets(seed: int) -> Iterator[tuple[str, PlantedNoise]]:
    yield from flipped(seed)
    for features, blurred in FEATURES.items():
        yield f"{features}, fits nothing", plant(*digits(blurred), "fits_nothing", OUT_OF_CLASS, seed)


def methods(planted: PlantedNoise) -> Mapping[str, F32]:
    """Quality by the default, by each detector alone and added to it, and by the ensemble without each of its parts."""
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
    return found | {name: channel_quality(labels_N, probs) for name, probs in reduced(given).items()}


def added(given: DetectorInput, probs_NK: F32, scores: Scores) -> F32:
    if scores.label_probs is not None:
        return channel_quality(given.labels_N, pool([probs_NK, np.asarray(scores.label_probs)], given.labels_N))
    return with_quality(channel_quality(given.labels_N, probs_NK), scores.quality)


def with_quality(default_N: F32, quality_N: F32) -> F32:
    return np.asarray(default_N * np.maximum(quality_N, 1e-6) ** ROOT, np.float32)


def reduced(given: DetectorInput) -> dict[str, F32]:
    """Probabilities f32[N, K] of reduced ensembles, and of the usual recipe."""
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

"""Class prototypes, and a clean and a noisy part within each class.

After "Class Prototype-based Cleaner for Label Noise Learning" (CPC), which argues that a single split of all items is
wrong if classes differ in difficulty. Here without training: cosines of frozen embeddings to prototypes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.arrays.checks import labeled, vectors
from errata.tools.detectors.arrays.class_sums import class_sums
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.optional.mixture import upper_probability
from errata.tools.detectors.probs.temperature import probabilities_from
from errata.tools.features.embedder import unit_rows
from errata.types import F32, F64, Int, Scores

ROUNDS = 10
CLOSE = 1e-3
"""The prototypes have converged once no item's weight in them changes by more."""
NOTHING = 1e-2
"""Length below which a sum of unit vectors has no direction."""


def detect(embeddings_ND: ArrayLike, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: ``quality`` is the probability of the clean part of the item's class.

    ``flag``: that is below one half and another prototype is closer; by the first condition alone, clean data would
    lose the tail of every class. ``label_probs`` f32[N, K]: classes by cosine to their prototypes. No item takes part
    in the prototype that it is compared with. Raises DataError for invalid arrays.
    """
    labels = labeled(labels_N, num_classes)
    embeddings = vectors(embeddings_ND, len(labels))
    units_ND = unit_rows(embeddings - embeddings.mean(axis=0)) if len(labels) else embeddings
    clean_N = np.ones(len(labels), np.float32)
    cosines_NK = leave_one_out_cosines(units_ND, labels, num_classes, clean_N)
    for _ in range(ROUNDS):
        before_N = clean_N
        clean_N = upper_probability(margins(cosines_NK, labels), labels, num_classes).astype(np.float32)
        cosines_NK = leave_one_out_cosines(units_ND, labels, num_classes, clean_N)
        if np.abs(clean_N - before_N).max(initial=0) < CLOSE:
            break
    flag_N = (clean_N < 0.5) & (margins(cosines_NK, labels) < 0)
    return Scores(clean_N, flag_N, probabilities_from(cosines_NK.astype(np.float64), labels))


def leave_one_out_cosines(units_ND: F32, labels_N: Int, num_classes: int, weights_N: F32) -> F32:
    """f32[N, K]: each item's cosine to the weighted sum of a class' other items; 0 if there are none."""
    own_N = np.arange(len(labels_N)), labels_N
    sums_KD = class_sums(units_ND, labels_N, num_classes, weights_N)
    lengths_K = np.linalg.norm(sums_KD, axis=1)
    cosines_NK: F32 = units_ND @ sums_KD.T.astype(np.float32)
    # Subtract w times the item from the class' sum; its own square is 1, or 0 for a zero vector.
    square_N = np.einsum("nd,nd->n", units_ND, units_ND)
    others_N = cosines_NK[own_N] - weights_N * square_N
    squares_N = lengths_K[labels_N] ** 2 - weights_N * (cosines_NK[own_N] + others_N)
    cosines_NK /= np.maximum(lengths_K, NOTHING).astype(np.float32)
    cosines_NK[own_N] = np.where(squares_N > NOTHING**2, others_N / np.sqrt(np.maximum(squares_N, NOTHING**2)), 0)
    return cosines_NK


def margins(scores_NK: F32, labels_N: Int) -> F64:
    """f64[N]: the score of the given class minus the best of the other classes that have items."""
    rows_N = np.arange(len(labels_N))
    others_NK = scores_NK.copy()
    others_NK[:, np.bincount(labels_N, minlength=scores_NK.shape[1]) == 0] = -np.inf
    others_NK[rows_N, labels_N] = -np.inf
    best_N = others_NK.max(axis=1).astype(np.float64)
    given_N = scores_NK[rows_N, labels_N]
    return np.where(np.isfinite(best_N), given_N - best_N, given_N)


DETECTOR = Detector(
    "prototypes",
    "a clean and a noisy part of each class, by how close its items are to its prototype",
    ("embeddings",),
    lambda given: detect(given.embeddings(), given.labels_N, given.num_classes),
)

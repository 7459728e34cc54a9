"""A witness that never saw the given labels: classes by their names and definitions.

CAPro, "Webly Supervised Learning with Cross-Modality Aligned Prototypes" (Qin et al. 2023), for prototypes from the
items that match a class' text best, and for the rule to keep, change or drop a label; "Enhancing CLIP with CLIP:
Exploring Pseudolabeling for Limited-Label Prompt Tuning" (Menghini et al. 2023), for class-balanced pseudo-labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import labeled, vectors
from errata.tools.detectors.arrays.class_sums import class_sums
from errata.tools.detectors.probs import ridge
from errata.tools.detectors.probs.temperature import probabilities_from
from errata.tools.features.embedder import unit_rows
from errata.types import F32, Int, Scores

LEAST_MATCHES = 10
MATCHED = 0.1
"""Share of an average class that is assumed to be of the class its text matches."""
SURE = 0.6
"""Probability at which another label is proposed; a given label below 1/K then has no better one."""
DROPPED = -1


def detect(embeddings_ND: ArrayLike, class_embeddings_KD: ArrayLike, labels_N: ArrayLike) -> Scores:
    """Scores of labeled items: ``quality`` is the given label's probability by the texts, ``label_probs`` all of them;
    ``flag``: the rule does not keep it.

    ``class_embeddings_KD`` are the name and definition of each class in the items' space (the mean of several wordings
    is better than one). Raises DataError for invalid arrays.
    """
    class_units_KD = unit_rows(vectors(class_embeddings_KD, len(np.asarray(class_embeddings_KD))))
    labels = labeled(labels_N, len(class_units_KD))
    units_ND = unit_rows(vectors(embeddings_ND, len(labels)))
    if units_ND.shape[1] != class_units_KD.shape[1]:
        raise DataError(
            f"Items have embeddings of width {units_ND.shape[1]}, classes of {class_units_KD.shape[1]}. "
            "Embed both with the same model."
        )
    probs_NK = witness(units_ND, class_units_KD, labels)
    quality_N = probs_NK[np.arange(len(labels)), labels]
    return Scores(quality_N, keep_or_change(probs_NK, labels) != labels, probs_NK)


def witness(units_ND: F32, class_units_KD: F32, labels_N: Int) -> F32:
    """f32[N, K], rows sum to 1: half by cosine to the prototypes, half by a probe, both made of pseudo-labels.

    All it uses of the given labels is which classes exist, and one number per half: how sharp they may be.
    """
    classes = len(class_units_KD)
    pseudo_N = pseudo_labels(units_ND, class_units_KD)
    matched_N = pseudo_N >= 0
    prototypes_KD = unit_rows(class_sums(units_ND[matched_N], pseudo_N[matched_N], classes).astype(np.float32))
    probs_NK = probabilities_from(units_ND @ prototypes_KD.T, labels_N)
    probs_NK += probabilities_from(ridge.leave_one_out(units_ND, pseudo_N, classes), labels_N)
    probs_NK /= 2
    return probs_NK


def pseudo_labels(units_ND: F32, class_units_KD: F32) -> Int:
    """i64[N]: the class whose best matches include the item, -1 for most. A match is as good as the class' text is
    nearer than any other. The same number is taken of each class, since some texts are nearer to everything."""
    match_NK = _leads(units_ND @ class_units_KD.T)
    count = min(max(LEAST_MATCHES, int(MATCHED * len(match_NK) / match_NK.shape[1])), len(match_NK))
    best_MK = np.argpartition(-match_NK, count - 1, axis=0)[:count]
    chosen_NK = np.full(match_NK.shape, -np.inf, np.float32)
    np.put_along_axis(chosen_NK, best_MK, np.take_along_axis(match_NK, best_MK, axis=0), axis=0)
    return np.where(np.isfinite(chosen_NK).any(axis=1), chosen_NK.argmax(axis=1), -1)


def _leads(scores_NK: F32) -> F32:
    """f32[N, K]: each score minus the largest other of its row; with one class the score itself."""
    if scores_NK.shape[1] == 1:
        return scores_NK
    second_N, first_N = np.partition(scores_NK, -2, axis=1)[:, -2:].T
    leader_NK = scores_NK == first_N[:, None]
    leads_NK: F32 = scores_NK - np.where(leader_NK, second_N[:, None], first_N[:, None])
    return leads_NK


def keep_or_change(probs_NK: F32, labels_N: Int) -> Int:
    """i64[N]: the given label if its probability is at least 1/K; else the likeliest if that is SURE; else DROPPED.
    Keeping comes first: in the paper's code a label could count as clean and still be changed."""
    given_N = probs_NK[np.arange(len(labels_N)), labels_N]
    change_N = np.where(probs_NK.max(axis=1) >= SURE, probs_NK.argmax(axis=1), DROPPED)
    return np.where(given_N >= 1 / probs_NK.shape[1], labels_N, change_N)

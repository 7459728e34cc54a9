"""errata's own scan, in the form of its peers."""

from __future__ import annotations

from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.probs import ensemble
from errata.types import F32, Int
from evals.ablation.part import posterior
from evals.peers.ranked import Ranked, best_other


def with_features(features_ND: F32, labels_N: Int, classes: int) -> Ranked:
    near = neighbors(features_ND)
    return with_probs(labels_N, ensemble.leave_one_out(features_ND, labels_N, classes, near))


def with_probs(labels_N: Int, probs_NK: F32) -> Ranked:
    return Ranked(confident_learning.detect(labels_N, probs_NK).quality, suggested(labels_N, probs_NK))


def suggested(labels_N: Int, probs_NK: F32) -> Int:
    """The likeliest other label, as a run's posterior has it."""
    return best_other(posterior(labels_N, probs_NK), labels_N)

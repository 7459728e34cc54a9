"""Which features the labels bear out: those from which the other items' labels tell an item's own best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from errata.tools.detectors.neighbors.neighbors import neighbor_votes, neighbors
from errata.tools.detectors.probs import discriminant
from errata.tools.detectors.probs.stacking import FLOOR, pool
from errata.types import F32, F64, Int

CLEARLY = 3.0
"""Standard errors by which other features must be better than the first ones."""


def most_borne_out(features: Sequence[F32], labels_N: Int, num_classes: int) -> int:
    """Which of the features f32[N, D] to use: the first ones, unless others make the labels clearly likelier.

    Wrong labels are as unlikely on any features, so that noise favors none. ``labels_N``: 0..K-1.
    """
    logs = [_log_likelihood(vectors_ND, labels_N, num_classes) for vectors_ND in features]
    better = [n for n, log_N in enumerate(logs) if _lead(log_N - logs[0]) > CLEARLY]
    return max(better, key=lambda n: float(logs[n].mean()), default=0)


def _lead(more_N: F64) -> float:
    """The mean, in its standard errors."""
    error = more_N.std() / np.sqrt(len(more_N))
    return float(more_N.mean() / error) if error > 0 else 0.0


def _log_likelihood(vectors_ND: F32, labels_N: Int, num_classes: int) -> F64:
    """f64[N]: log of the probability of each label, by neighbors and a discriminant that leave the item out."""
    views = (
        neighbor_votes(neighbors(vectors_ND), labels_N, num_classes),
        discriminant.leave_one_out(vectors_ND, labels_N, num_classes),
    )
    given_N = pool(views, labels_N)[np.arange(len(labels_N)), labels_N]
    logs_N: F64 = np.log(np.maximum(given_N, FLOOR)).astype(np.float64)
    return logs_N

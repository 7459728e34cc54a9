"""How bad a wrong label is, where labels have distances: steps of an order, or edges of a tree."""

from __future__ import annotations

import numpy as np

from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.posterior import Posteriors
from errata.types import F32, F64, Int


def distances_from(posteriors: Posteriors, places_N: Int, distances_KK: F32) -> F64:
    """f64[N, C]: from the candidate label at this place to each one; 0 from and to an unused place."""
    cand_NC = posteriors.cand_NC
    from_N1 = cand_NC[np.arange(len(cand_NC)), places_N][:, None]
    used_NC = (cand_NC != ABSENT) & (from_N1 != ABSENT)
    return np.where(used_NC, distances_KK[from_N1, cand_NC].astype(np.float64), 0.0)


def expected_distances(posteriors: Posteriors, distances_KK: F32) -> F64:
    """f64[N]: how far the true label is from the given one, as far as is known; low = good. Where none of the labels
    holds it is as bad as one ordinary mistake. NaN without a given label."""
    probs_NS = posteriors.probs_NS
    from_given_NC = distances_from(posteriors, np.zeros(len(probs_NS), np.int64), distances_KK)
    found_N = (probs_NS[:, :-2] * from_given_NC).sum(axis=1) + probs_NS[:, -1]
    return np.where(posteriors.given_N == ABSENT, np.nan, found_N)

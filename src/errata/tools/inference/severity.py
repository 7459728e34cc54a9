"""How bad a wrong label is, where labels have distances: steps of an order, or edges of a tree."""

from __future__ import annotations

import numpy as np

from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.posterior import Posteriors
from errata.types import F32, F64


def between(posteriors: Posteriors, distances_KK: F32) -> F64:
    """f64[N, C, C]: the distance from each candidate label to each other one; 0 from and to an unused place."""
    cand_NC = posteriors.cand_NC
    used_NC = cand_NC != ABSENT
    between_NCC = distances_KK[cand_NC[:, :, None], cand_NC[:, None, :]].astype(np.float64)
    return np.where(used_NC[:, :, None] & used_NC[:, None, :], between_NCC, 0.0)


def expected_distances(posteriors: Posteriors, distances_KK: F32) -> F64:
    """f64[N]: how far the true label is from the given one, as far as is known; low = good. Where none of the labels
    holds it is as bad as one ordinary mistake. NaN without a given label."""
    probs_NS = posteriors.probs_NS
    from_given_NC = between(posteriors, distances_KK)[:, 0]
    found_N = (probs_NS[:, :-2] * from_given_NC).sum(axis=1) + probs_NS[:, -1]
    return np.where(posteriors.given_N == ABSENT, np.nan, found_N)

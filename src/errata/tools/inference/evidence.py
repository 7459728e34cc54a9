"""Evidence as log-probabilities over the states of each item: its C candidate labels, then several, then none.

All detectors together have one weight, and so do all judges (ALGORITHMS C3, cold start): sources that err together must
not count twice, as they would in a naive Bayes product.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from errata.settings import Pool
from errata.tools.detectors.arrays.top_classes import entries
from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import F64, Int, LabelProbs

LEAST_PROBABILITY = 1e-3
"""The minimum probability, divided among all labels, so that a judge can overrule detectors however sure they are.
Divided, since each of many labels is rare."""
UNCERTAINTY_WEIGHT = 0.5
"""The weight of the variance between judges, in squared log-odds (Coste et al. 2023, best of n)."""


def from_detectors(cand_NC: Int, probs: Sequence[LabelProbs], power: float) -> F64:
    """log p(label | content) among the candidates, f64[N, C]: the detectors' geometric mean to this power, normalized;
    -inf where there is no candidate."""
    total, items_N1 = np.zeros(cand_NC.shape), np.arange(len(cand_NC))[:, None]
    for p_NK in probs:
        p_NC = entries(p_NK, items_N1, np.maximum(cand_NC, 0))
        total += np.log(np.maximum(p_NC, least_probability(p_NK.shape[1])))
    logs_NC = np.where(cand_NC == ABSENT, -np.inf, total * (power / max(len(probs), 1)))
    logs_NC -= np.logaddexp.reduce(logs_NC, axis=1, keepdims=True)
    return np.where(cand_NC == ABSENT, -np.inf, np.maximum(logs_NC, np.log(least_probability(probs[0].shape[1]))))


def least_probability(labels: int) -> float:
    """The minimum probability of each of this many labels."""
    return LEAST_PROBABILITY / labels


def from_given(cand_NC: Int, given_N: Int, transition_KK: F64) -> F64:
    """log p(given label | true label), f64[N, C]; 0 for items without a given label, and where there is no candidate.

    ``transition_KK[a, b]``: P(given = b | true = a), the noise channel.
    """
    reached_NC = transition_KK[np.maximum(cand_NC, 0), np.maximum(given_N, 0)[:, None]]
    log_NC = np.log(np.maximum(reached_NC, least_probability(len(transition_KK))))
    return np.where((cand_NC == ABSENT) | (given_N[:, None] == ABSENT), 0.0, log_NC)


def from_judges(cand_NC: Int, verdicts: VerdictColumns, pool: Pool = "mean") -> tuple[F64, Int]:
    """Log-probabilities over C candidates + several + none, up to a constant, f64[N, C + 2], and how many verdicts each
    item has. Rows without a verdict are 0.

    The protocols of one judge share one weight: together they count no more than the strongest of them. The judges are
    pooled (ALGORITHMS B8) by their mean, each weighted by how much it may contribute; by the worst case, in which a
    state gets what the judge that favors it least gives it; or by the mean minus half of the variance between judges.
    The last two measure each state relative to column 0, the given label, so that any doubt favors keeping it.
    """
    shape = (cand_NC.shape[0], cand_NC.shape[1] + 2)
    found_NS, count_N = np.zeros(shape), np.zeros(len(cand_NC), np.int64)
    seen_n, place_M = np.unique(verdicts.items_M, return_inverse=True)  # only a few of all items have verdicts
    if not len(seen_n):
        return found_NS, count_N
    where = (verdicts.judges_M, place_M)
    count_Jn = np.zeros((len(verdicts.judges), len(seen_n)), np.int64)
    total_JnS, most_Jn, weight_Jn = (np.zeros(size) for size in ((*count_Jn.shape, shape[1]), *[count_Jn.shape] * 2))
    np.add.at(count_Jn, where, 1)
    states_MS, error_M = verdicts.log_states(cand_NC), verdicts.errors_M(shape[1])
    np.add.at(total_JnS, where, states_MS)
    np.maximum.at(most_Jn, where, states_MS.max(axis=1) - states_MS.min(axis=1))
    np.maximum.at(weight_Jn, where, np.log1p((1 - error_M) * shape[1] / error_M))
    found_NS[seen_n] = _pooled(_at_most(total_JnS, most_Jn), weight_Jn, pool)
    count_N[seen_n] = count_Jn.sum(axis=0)
    return found_NS, count_N


def _at_most(total_JnS: F64, most_Jn: F64) -> F64:
    """Each judge's log-probabilities relative to its least likely state, scaled down to at most ``most_Jn``."""
    above_JnS = total_JnS - total_JnS.min(axis=2, keepdims=True)
    spread_Jn = above_JnS.max(axis=2)
    bounded: F64 = above_JnS * np.minimum(1.0, most_Jn / np.maximum(spread_Jn, 1e-12))[:, :, None]
    return bounded


def _pooled(each_JNS: F64, weight_JN: F64, pool: Pool) -> F64:
    """``weight_JN`` is 0 for items on which a judge said nothing."""
    spoke_JN1 = weight_JN[:, :, None] > 0
    share_JN1 = (weight_JN / np.maximum(weight_JN.sum(axis=0), 1e-12))[:, :, None]
    if pool == "mean":
        mean: F64 = (each_JNS * share_JN1).sum(axis=0)
        return mean
    odds_JNS = each_JNS - each_JNS[:, :, :1]
    if pool == "worst_case":
        worst_NS = np.where(spoke_JN1, odds_JNS, np.inf).min(axis=0)
        return np.where(np.isinf(worst_NS), 0.0, worst_NS)
    mean_NS = (odds_JNS * share_JN1).sum(axis=0)
    variance_NS = ((odds_JNS - mean_NS) ** 2 * share_JN1).sum(axis=0)
    doubted: F64 = mean_NS - UNCERTAINTY_WEIGHT * variance_NS
    return doubted

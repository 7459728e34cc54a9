"""How surely each given label holds, by all evidence and by each part of the scan: the ground of the honest count."""

from __future__ import annotations

import numpy as np

from errata.agent.evidence.snapshot import Snapshot
from errata.tools.report.count import WrongCount, count_wrong
from errata.types import F64, Int

PROBABILITY_FLOOR = 1e-6
SHARPNESS = (-2.0, 3.0)
"""Natural logarithm of the power to which probabilities are raised."""


def wrong_labels(snapshot: Snapshot) -> WrongCount:
    """The honest count, the same on every screen; of no items while the run has no proposals yet."""
    if not snapshot.proposals:
        return count_wrong([])
    return count_wrong(*given_holds(snapshot))


def given_holds(snapshot: Snapshot) -> F64:
    """f64[M, N], low = bad: row 0 by all the evidence, then by each part of the scan alone. NaN in row 0 where an item
    has no label or cannot be read.

    The parts differ several times over on how many labels are wrong, and where a crowd errs alike, all evidence weighed
    together says far too few: 110 of 5,000 NoisyAG news, where 986 are. Once a judge has looked at an item, the scan
    alone has no say on it any more.
    """
    arrays, given_N, proposals = snapshot.workspace.arrays, snapshot.given_N, snapshot.proposals
    rows = np.arange(len(given_N))
    quality_N = np.array([proposals[idx].quality for idx in range(len(rows))], np.float64)
    own_N = _own_probs(np.asarray(arrays.load("probs"), np.float64), given_N)
    flags = [np.asarray(arrays.load(f"{name}.flag")) for name in snapshot.detectors]
    judged_N = np.isin(rows, [verdict.idx for verdict in snapshot.verdicts])
    return np.where(judged_N, quality_N, np.stack([quality_N, own_N, *(1.0 - flag_N for flag_N in flags)]))


def _own_probs(probs_NK: F64, given_N: Int) -> F64:
    """p(given label), with the temperature at which the given labels are likeliest: a strongly regularized probe is far
    too unsure of all of them, and would call half of any small dataset wrong."""
    from scipy.optimize import minimize_scalar

    labeled = np.flatnonzero(given_N >= 0)
    log_NK = np.log(np.maximum(probs_NK, PROBABILITY_FLOOR))

    def log_own(log_sharpness: float) -> F64:
        sharpened_NK = log_NK * np.exp(log_sharpness)
        own: F64 = sharpened_NK[np.arange(len(given_N)), given_N] - np.logaddexp.reduce(sharpened_NK, axis=1)
        return own

    best = minimize_scalar(lambda t: -log_own(t)[labeled].mean(), bounds=SHARPNESS, method="bounded")
    return np.exp(log_own(float(best.x)))

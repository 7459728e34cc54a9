"""How surely each given label holds, by all evidence and by each part of the scan: the ground of the honest count."""

from __future__ import annotations

import numpy as np

from errata.agent.evidence.snapshot import Snapshot
from errata.tools.report.count import WrongCount, count_wrong
from errata.types import F64, Int

PROBABILITY_FLOOR = 1e-6
OWN = "own_probs"
"""The array of each given label's own probability, and behind it the revision of the items that it was made of."""
ROWS = 4096
"""Enough items to choose one number by."""
SHARPNESS = (-2.0, 3.0)
"""Natural logarithm of the power to which probabilities are raised."""


def wrong_labels(snapshot: Snapshot) -> WrongCount:
    """The honest count, the same on every screen; of no items while the run has no proposals yet."""
    if not snapshot.proposed.idx:
        return count_wrong([])
    return count_wrong(*given_holds(snapshot))


def given_holds(snapshot: Snapshot) -> F64:
    """f64[M, N], low = bad: row 0 by all the evidence, then by each part of the scan alone. NaN in row 0 where an item
    has no label or cannot be read.

    The parts differ several times over on how many labels are wrong, and where a crowd errs alike, all evidence weighed
    together says far too few: 110 of 5,000 NoisyAG news, where 986 are. Once a judge has looked at an item, the scan
    alone has no say on it any more.
    """
    arrays = snapshot.workspace.arrays
    quality_N = np.array(snapshot.proposed.quality, np.float64)  # None, where there is no label, becomes NaN
    own_N = _own_probs(snapshot)
    flags = [np.asarray(arrays.load(f"{name}.flag")) for name in snapshot.detectors]
    judged_N = np.array(snapshot.proposed.basis) != "scan"
    return np.where(judged_N, quality_N, np.stack([quality_N, own_N, *(1.0 - flag_N for flag_N in flags)]))


def _own_probs(snapshot: Snapshot) -> F64:
    """p(given label) by the out-of-sample probabilities; worked out once, since a screen has no time for it."""
    arrays, version = snapshot.workspace.arrays, snapshot.revisions["items"]
    if arrays.has(OWN) and int(arrays.load(OWN)[-1]) == version:
        return np.asarray(arrays.load(OWN)[:-1])
    own_N = _sharpened(np.asarray(arrays.load("probs"), np.float64), snapshot.given_N)
    if not snapshot.workspace.store.read_only:
        arrays.save(OWN, np.append(own_N, version))
    return own_N


def _sharpened(probs_NK: F64, given_N: Int) -> F64:
    """p(given label), with the temperature at which the given labels are likeliest: a strongly regularized probe is far
    too unsure of all of them, and would call half of any small dataset wrong."""
    from scipy.optimize import minimize_scalar

    labeled = np.flatnonzero(given_N >= 0)
    sample = labeled[:: max(1, len(labeled) // ROWS)]
    log_nK = np.log(np.maximum(probs_NK[sample], PROBABILITY_FLOOR))

    def unlikely(log_sharpness: float) -> float:
        return -float(_log_own(log_nK, given_N[sample], log_sharpness).mean())

    best = minimize_scalar(unlikely, bounds=SHARPNESS, method="bounded")
    return np.exp(_log_own(np.log(np.maximum(probs_NK, PROBABILITY_FLOOR)), given_N, float(best.x)))


def _log_own(log_NK: F64, given_N: Int, log_sharpness: float) -> F64:
    """Of each given label, once its probabilities are raised to a power."""
    sharpened_NK = log_NK * np.exp(log_sharpness)
    own_N: F64 = sharpened_NK[np.arange(len(given_N)), given_N] - np.logaddexp.reduce(sharpened_NK, axis=1)
    return own_N

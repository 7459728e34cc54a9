"""How likely each given label is right, by all evidence and by each part of the scan: the basis of the honest error
count."""

from __future__ import annotations

import numpy as np

from errata.agent.evidence.snapshot import Snapshot
from errata.tools.report.count import WrongCount, count_wrong
from errata.types import F64, Int

PROBABILITY_FLOOR = 1e-6
OWN = "own_probs"
"""The array with the probability of each given label, followed by the revision of the items it was computed from."""
ROWS = 4096
"""Enough items to fit one number."""
SHARPNESS = (-2.0, 3.0)
"""Natural logarithm of the power to which probabilities are raised."""


def wrong_labels(snapshot: Snapshot) -> WrongCount:
    """The honest error count, the same on every screen; of no items if the run has no proposals yet."""
    if not snapshot.proposed.idx:
        return count_wrong([])
    return count_wrong(*given_holds(snapshot))


def given_holds(snapshot: Snapshot) -> F64:
    """f64[M, N], low = bad: row 0 by all the evidence, the other rows by one part of the scan each. NaN in row 0 if an
    item has no label or cannot be read.

    The parts disagree several times over on how many labels are wrong, and if many annotators make the same errors, the
    combined evidence finds far too few: 110 of 5,000 NoisyAG news, where 986 are wrong. Once a judge has looked at an
    item, only the combined evidence counts for it.
    """
    arrays = snapshot.workspace.arrays
    quality_N = np.array(snapshot.proposed.quality, np.float64)  # None, for no label, becomes NaN
    own_N = _own_probs(snapshot)
    flags = [np.asarray(arrays.load(f"{name}.flag")) for name in snapshot.detectors]
    judged_N = np.array(snapshot.proposed.basis) != "scan"
    return np.where(judged_N, quality_N, np.stack([quality_N, own_N, *(1.0 - flag_N for flag_N in flags)]))


def _own_probs(snapshot: Snapshot) -> F64:
    """p(given label) by the out-of-sample probabilities; cached, since it is too slow for a screen."""
    arrays, version = snapshot.workspace.arrays, snapshot.revisions["items"]
    if arrays.has(OWN) and int(arrays.load(OWN)[-1]) == version:
        return np.asarray(arrays.load(OWN)[:-1])
    own_N = _sharpened(np.asarray(arrays.load("probs"), np.float64), snapshot.given_N)
    if not snapshot.workspace.store.read_only:
        arrays.save(OWN, np.append(own_N, version))
    return own_N


def _sharpened(probs_NK: F64, given_N: Int) -> F64:
    """p(given label) at the temperature that makes the given labels likeliest: a strongly regularized probe is far too
    unsure of all of them, and would call half of any small dataset wrong."""
    from scipy.optimize import minimize_scalar

    labeled = np.flatnonzero(given_N >= 0)
    sample = labeled[:: max(1, len(labeled) // ROWS)]
    log_nK = np.log(np.maximum(probs_NK[sample], PROBABILITY_FLOOR))

    def unlikely(log_sharpness: float) -> float:
        return -float(_log_own(log_nK, given_N[sample], log_sharpness).mean())

    best = minimize_scalar(unlikely, bounds=SHARPNESS, method="bounded")
    return np.exp(_log_own(np.log(np.maximum(probs_NK, PROBABILITY_FLOOR)), given_N, float(best.x)))


def _log_own(log_NK: F64, given_N: Int, log_sharpness: float) -> F64:
    """The log-probability of each given label after raising its probabilities to a power."""
    sharpened_NK = log_NK * np.exp(log_sharpness)
    own_N: F64 = sharpened_NK[np.arange(len(given_N)), given_N] - np.logaddexp.reduce(sharpened_NK, axis=1)
    return own_N

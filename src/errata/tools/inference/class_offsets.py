"""How much more, or less, the same odds mean for one given label than for another, as planted errors show it.

Empirical Bayes: by how much classes differ at all is estimated from the classes themselves, and each keeps of its own
difference what its planted errors can tell from chance. Where classes agree, or hold too few, nothing is left.
"""

from __future__ import annotations

import numpy as np

from errata.types import F64, Bool, Int

STEPS = 5
MOST_STEP = 1.0
"""By which an offset moves at once, in log-odds: a whole step overshoots where errors are rare."""
LEAST_VARIANCE = 0.05
"""Of an offset, as a share of what it is if nothing is known of how many errors were planted in the class."""


def class_offsets(margin_M: F64, planted_M: Bool, weight_M: F64, class_M: Int, classes: int) -> F64:
    """f64[K], in log-odds; 0 = as in any other class.

    ``margin_M``: the log-odds, alike for all classes, that one of M labels, planted errors and right ones together, was
    planted, from what the scan says and how many of its class were. ``weight_M``: how much each counts.
    """

    from scipy.special import expit

    def total(each_M: np.ndarray) -> F64:
        summed_K: F64 = np.bincount(class_M, weight_M * each_M, classes).astype(float)
        return summed_K

    with np.errstate(divide="ignore"):
        known_K = 1 / total(planted_M) + 1 / total(~planted_M)
    offsets_K = np.zeros(classes)
    for _ in range(STEPS):
        chance_M = expit(margin_M + offsets_K[class_M])
        worth_K = np.maximum(total(chance_M * (1 - chance_M)), 1e-9)
        step_K = np.clip(total(planted_M - chance_M) / worth_K, -MOST_STEP, MOST_STEP)
        variance_K = np.maximum(1 / worth_K - known_K, LEAST_VARIANCE / worth_K)
        offsets_K = _shrunk(offsets_K + step_K, np.where(np.isfinite(known_K), variance_K, np.inf))
    return offsets_K


def _shrunk(found_K: F64, variance_K: F64) -> F64:
    """Toward 0, by how far the classes differ beyond chance (DerSimonian, Laird 1986)."""
    weight_K = 1 / variance_K
    total = weight_K.sum()
    room = total - (weight_K**2).sum() / total if total else 0.0
    if room <= 0:
        return np.zeros(len(found_K))
    beyond = weight_K @ (found_K - weight_K @ found_K / total) ** 2 - (np.count_nonzero(weight_K) - 1)
    spread = max(beyond / room, 0.0)
    shrunk_K: F64 = found_K * spread / (spread + variance_K)
    return shrunk_K

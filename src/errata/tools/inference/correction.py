"""What people decided about items that they looked at, held against what the scan had said of them.

People's errors are not the planted ones, so once people have looked at enough items, a line through what they found
replaces what planted errors taught. It holds only for items as suspicious as those that were decided.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errata.types import F64, Bool

FEWEST = 20
"""Decisions: with fewer nothing is corrected."""
LEVEL_SD, SLOPE_SD = 1.5, 0.4
"""How far, before anybody decided, the level and the slope of the log-odds are expected to be off."""
SEEN_PROPOSAL = 0.5
"""What a decision counts whose person saw the proposal first, beside a blind one."""


@dataclass(frozen=True)
class Correction:
    """``level`` + ``slope`` times the log-odds that a label is wrong, for items whose odds are between ``low`` and
    ``high``. Others stay as they are, as far as the order of all items allows."""

    level: float
    slope: float
    low: float
    high: float

    def odds(self, odds_N: F64) -> F64:
        """The corrected log-odds that a label is wrong."""
        inside_N = self.level + self.slope * np.clip(odds_N, self.low, self.high)
        found_N: F64 = np.where(odds_N < self.low, np.minimum(odds_N, inside_N), inside_N)
        return np.where(odds_N > self.high, np.maximum(odds_N, inside_N), found_N)


def correct(odds_D: F64, wrong_D: Bool, weight_D: F64) -> Correction | None:
    """From the log-odds of decided items, whether people found the given label wrong, and what each decision counts;
    None where there are too few. A logistic regression with normal priors around no correction."""
    known = np.isfinite(odds_D)
    if known.sum() < FEWEST:
        return None
    from scipy.optimize import minimize
    from scipy.special import expit

    odds, weight, sign = odds_D[known], weight_D[known], np.where(wrong_D[known], 1.0, -1.0)

    def loss(theta: F64) -> tuple[float, F64]:
        level, slope = theta
        margin = sign * (level + slope * odds)
        prior = (level / LEVEL_SD) ** 2 / 2 + ((slope - 1) / SLOPE_SD) ** 2 / 2
        pull = -weight * sign * expit(-margin)
        gradient = np.array([pull.sum() + level / LEVEL_SD**2, pull @ odds + (slope - 1) / SLOPE_SD**2])
        return float(weight @ np.logaddexp(0, -margin) + prior), gradient

    level, slope = minimize(loss, [0.0, 1.0], jac=True, bounds=[(None, None), (0.05, 3.0)], method="L-BFGS-B").x
    return Correction(float(level), float(slope), float(odds.min()), float(odds.max()))

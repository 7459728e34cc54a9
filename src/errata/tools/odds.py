"""Log-probability arithmetic on single numbers, in plain math: a call's answer has only a few dozen, and calling scipy
takes longer than these functions. Arrays use scipy.special."""

from __future__ import annotations

import math

LEAST = 1e-12
"""Minimum probability of the opposite, so that the odds of a certainty stay finite."""


def log_sum(*values: float) -> float:
    """The logarithm of the sum of the exps, for values of any size."""
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values))


def log_odds(log_prob: float) -> float:
    """The log-odds of a log-probability (at most 0): at most about 28."""
    return log_prob - math.log(max(-math.expm1(log_prob), LEAST))


def log_sigmoid(odds: float) -> float:
    """The log-probability that has these log-odds."""
    return min(odds, 0.0) - math.log1p(math.exp(-abs(odds)))

"""Logarithms of probabilities, one number at a time, in plain math: a call's answer holds a few dozen of them, and
scipy takes longer to be called than these take to work. Arrays use scipy.special."""

from __future__ import annotations

import math

LEAST = 1e-12
"""Least probability of "not so": the odds of what is certain stay finite."""


def log_sum(*values: float) -> float:
    """The logarithm of the sum of the exps, for values of any size."""
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values))


def log_odds(log_prob: float) -> float:
    """Of a log-probability, at most 0: its log-odds, at most about 28."""
    return log_prob - math.log(max(-math.expm1(log_prob), LEAST))


def log_sigmoid(odds: float) -> float:
    """The log-probability that has these log-odds."""
    return min(odds, 0.0) - math.log1p(math.exp(-abs(odds)))

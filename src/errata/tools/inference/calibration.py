"""What the confidence of a scan is worth on this very data, learned from errors that errata planted.

A scan gives the log-odds that a label is wrong. How much likelier such odds are at a planted error than at a right
label of the same class is a likelihood ratio, monotone in the odds; that ratio, and the data's own estimated share of
wrong labels in the class, give the calibrated odds. One curve serves all classes; a class whose planted errors show
that the same odds mean more or less there moves it up or down. Unplanted labels are not taken as right, nor replaced
ones as true: both count by their own posterior. With few planted errors the fit stays near what the scan says by
itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from errata.tools.inference.class_offsets import class_offsets
from errata.tools.inference.correction import Correction
from errata.types import F64, Bool, Int

KNOTS = np.array([-4.0, -1.0, 1.5])
"""Log-odds between which the logarithm of the likelihood ratio is a straight line."""
SHRINKAGE = 3.0
"""Of each slope toward 1, and of the level toward 0: in units of one planted error."""
BENDING = 30.0
"""Shrinkage of each slope toward the next. Right labels are known where a scan is sure of them, and what is learned
there holds for the few that it doubts."""
SLOPES = (0.02, 6.0)
POWERS = (0.2, 3.0)
MOST_ODDS = 6.9
"""Natural logarithm of 1,000 to 1: no scan is surer that a label is wrong."""
LEAST_RATE = 1e-6
"""Of wrong labels, or planted ones, per right one."""
FEWEST = 40
"""Planted errors: with fewer a scan is taken at its word."""


@dataclass(frozen=True)
class Calibration:
    """``level`` and ``slopes`` (one more than KNOTS): the calibrated log-odds that a label is wrong, as a function of
    the scan's; ``by_class``: what is added for each given label, by its number; nothing for those beyond its end.
    ``power``: to which the probabilities of the other labels are raised. ``planted``: errors in the fit.
    ``correction``: what people's decisions say about the odds that come of it."""

    level: float = 0.0
    slopes: tuple[float, ...] = (1.0,) * (len(KNOTS) + 1)
    power: float = 1.0
    planted: int = 0
    by_class: tuple[float, ...] = ()
    correction: Correction | None = None

    def odds(self, odds_N: F64, given_N: Int) -> F64:
        """The calibrated log-odds that each given label (-1: none) is wrong, from the scan's."""
        of_class_N = np.array([*self.by_class, 0.0])[np.minimum(given_N, len(self.by_class))]
        found_N: F64 = self.level + of_class_N + _parts(odds_N) @ np.array(self.slopes)
        return np.minimum(found_N if self.correction is None else self.correction.odds(found_N), MOST_ODDS)

    def applied(self, logs_NC: F64, given_N: Int) -> F64:
        """Log-probabilities of the candidate labels, the given one in column 0, up to a constant of each row. Rows
        without a given label, or without another one, stay as they are."""
        if self.planted == 0 and self.correction is None:
            return logs_NC
        others_NC, odds_N = split(logs_NC)
        known = np.flatnonzero(np.isfinite(odds_N))
        sharpened_nC = self.power * others_NC[known]
        sharpened_nC -= np.logaddexp.reduce(sharpened_nC, axis=1, keepdims=True)
        found_NC = logs_NC.copy()
        found_NC[known, 0] = 0.0
        found_NC[known, 1:] = self.odds(odds_N[known], given_N[known])[:, None] + sharpened_nC
        return found_NC


def split(logs_NC: F64) -> tuple[F64, F64]:
    """The labels other than the given one, f64[N, C - 1], made to sum to 1, and the log-odds that one of them holds."""
    with np.errstate(invalid="ignore"):
        total_N = np.logaddexp.reduce(logs_NC[:, 1:], axis=1)
        return logs_NC[:, 1:] - total_N[:, None], total_N - logs_NC[:, 0]


@dataclass(frozen=True)
class Planted:
    """What a scan said of P planted errors: ``given_P``, the planted labels; ``odds_P``, the log-odds that they are
    wrong, on the scale of the scan without them; ``others_PC``: log-probabilities of the other labels; ``true_P``,
    which of these is the replaced label, -1 = none; ``right_P``: how likely the replaced label was right."""

    given_P: Int
    odds_P: F64
    others_PC: F64
    true_P: Int
    right_P: F64


class _Pool(NamedTuple):
    """Planted errors and the labels of the data together: the log-odds that each is wrong, which are planted, how much
    each counts (as a planted error, or as a right label), and the given labels."""

    odds_M: F64
    planted_M: Bool
    weight_M: F64
    given_M: Int


def calibrate(planted: Planted, odds_N: F64, given_N: Int) -> Calibration:
    """From planted errors, and the log-odds that each given label of the data is wrong as the scan gives them."""
    if len(planted.odds_P) < FEWEST:
        return Calibration()
    from scipy.special import expit

    pool = _Pool(
        np.concatenate([planted.odds_P, odds_N]),
        np.repeat([True, False], [len(planted.odds_P), len(odds_N)]),
        np.concatenate([planted.right_P, expit(-odds_N)]),
        np.concatenate([planted.given_P, given_N]),
    )
    more_K = _more_planted(pool, expit(odds_N), given_N)
    level, slopes = _curve(pool, more_K[pool.given_M])
    margin_M = more_K[pool.given_M] + level + _parts(pool.odds_M) @ slopes
    offsets_K = class_offsets(margin_M, pool.planted_M, pool.weight_M, pool.given_M, len(more_K))
    by_class = tuple(offsets_K.tolist()) if offsets_K.any() else ()
    return Calibration(level, tuple(slopes.tolist()), _power(planted), len(planted.odds_P), by_class)


def _more_planted(pool: _Pool, wrong_N: F64, given_N: Int) -> F64:
    """f64[K]: the logarithm of how many errors were planted for each label of the class that is thought to be wrong."""
    planted_M, classes = pool.planted_M, 1 + int(pool.given_M.max())

    def summed(given_n: Int, weight_n: F64) -> F64:
        return np.bincount(given_n, weight_n, classes).astype(float)

    right_K = summed(pool.given_M[~planted_M], pool.weight_M[~planted_M])

    def per_right_label(count_K: F64) -> F64:
        """As if each class had one more item, which is like the rest of the data: a class may have none."""
        rate_K: F64 = (count_K + count_K.sum() / right_K.sum()) / (right_K + 1)
        return np.maximum(rate_K, LEAST_RATE)

    planted_K = summed(pool.given_M[planted_M], pool.weight_M[planted_M])
    more_K: F64 = np.log(per_right_label(planted_K) / per_right_label(summed(given_N, wrong_N)))
    return more_K


def _parts(odds_N: F64) -> F64:
    """f64[N, S]: how far the odds go through each of the straight lines; their sum is the odds."""
    low, high = np.concatenate([[-np.inf], KNOTS]), np.concatenate([KNOTS, [np.inf]])
    start = np.clip(0.0, low, high)
    parts_NS: F64 = np.clip(np.asarray(odds_N)[:, None], low, high) - start
    return parts_NS


def _curve(pool: _Pool, more_M: F64) -> tuple[float, F64]:
    """Level and slopes of the calibrated odds: a logistic regression that tells planted errors from right labels, less
    ``more_M``, by which the planted ones of a class are more than its wrong ones."""
    from scipy.optimize import minimize
    from scipy.special import expit

    sign_M, weight_M = np.where(pool.planted_M, 1.0, -1.0), pool.weight_M
    parts = np.column_stack([np.ones(len(sign_M)), _parts(pool.odds_M)])
    center = np.concatenate([[0.0], np.ones(parts.shape[1] - 1)])
    bends = np.diff(np.eye(len(center)), axis=0)[1:]

    def loss(theta: F64) -> tuple[float, F64]:
        margin_M, away, bent = sign_M * (more_M + parts @ theta), theta - center, bends @ theta
        value = weight_M @ np.logaddexp(0, -margin_M) + SHRINKAGE / 2 * away @ away + BENDING / 2 * bent @ bent
        slope = parts.T @ (-weight_M * sign_M * expit(-margin_M)) + SHRINKAGE * away + BENDING * bends.T @ bent
        return float(value), slope

    bounds = [(None, None)] + [SLOPES] * (parts.shape[1] - 1)
    theta = minimize(loss, center, jac=True, bounds=bounds, method="L-BFGS-B").x
    return float(theta[0]), theta[1:]


def _power(planted: Planted) -> float:
    """Under which the replaced labels are likeliest among the other ones, with SHRINKAGE errors that speak for 1."""
    from scipy.optimize import minimize_scalar

    known = planted.true_P >= 0
    logs_PC, true_P, right_P = planted.others_PC[known], planted.true_P[known], planted.right_P[known]
    rows = np.arange(len(true_P))

    def loss(log_power: float) -> float:
        power = np.exp(log_power)
        sharpened_P = power * logs_PC[rows, true_P] - np.logaddexp.reduce(power * logs_PC, axis=1)
        return float(-(right_P @ sharpened_P)) + SHRINKAGE / 2 * log_power**2

    low, high = np.log(POWERS).tolist()
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))

"""Two Gaussians of equal variance per group of values, fitted by expectation-maximization.

With equal variances the probability of the upper Gaussian only rises with the value. With free variances the broader
Gaussian takes over at both ends, and the very best items would be called bad.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.types import F64, Int

BORROWED = 20.0
"""Values of the pooled mixture that each group gets in addition to its own: a small group has no split of its own."""
STEPS = 20
SMALLEST_VARIANCE = 1e-6
LOWER_START = 0.02
"""Quantile at which the lower Gaussian starts; the upper one starts at the median."""


class Mixture(NamedTuple):
    """The lower (0) and upper (1) Gaussian of each of G groups: weights and means f64[G, 2], variances f64[G, 1]."""

    weights_G2: F64
    means_G2: F64
    variances_G1: F64


def upper_probability(values_N: F64, groups_N: Int, num_groups: int) -> F64:
    """f64[N]: the probability that a value comes from the upper Gaussian of its group.

    A group borrows the shape of the mixture of all groups but not its location, since groups differ in difficulty. If
    one Gaussian describes a group as well as two do (Schwarz 1978, BIC), the mixture of all groups replaces its own.
    """
    if not len(values_N):
        return np.empty(0)
    everyone, start = pooled(values_N), _start(values_N, groups_N, num_groups)
    own = _climb(values_N, groups_N, start, _moved(everyone, start), BORROWED)
    two_G1 = _two_are_better(values_N, groups_N, own)[:, None]
    chosen = Mixture(*(np.where(two_G1, mine, all_) for mine, all_ in zip(own, everyone, strict=True)))
    return expect(values_N, groups_N, chosen)[0]


def pooled(values_N: F64) -> Mixture:
    """The mixture of all values as one group, G = 1; there must be at least one value."""
    everyone_N = np.zeros(len(values_N), np.int64)
    start = _start(values_N, everyone_N, 1)
    return _climb(values_N, everyone_N, start, start, borrowed=0)


def expect(values_N: F64, groups_N: Int, mixture: Mixture) -> tuple[F64, F64]:
    """For each value, of group i64[N] of the mixture: the probability f64[N] that it comes from the upper Gaussian, and
    its log-likelihood f64[N]."""
    weights_N2, means_N2, variances_N1 = (part[groups_N] for part in mixture)
    logs_N2 = np.log(np.maximum(weights_N2, np.finfo(float).tiny)) + _log_density(
        values_N[:, None], means_N2, variances_N1
    )
    total_N = np.logaddexp(logs_N2[:, 0], logs_N2[:, 1])
    return np.exp(logs_N2[:, 1] - total_N), total_N


def _start(values_N: F64, groups_N: Int, num_groups: int) -> Mixture:
    """Each group's lower Gaussian at LOWER_START of its values, its upper one at their median, both as wide as all."""
    means_G2 = np.zeros((num_groups, 2))
    order_N = np.argsort(groups_N, kind="stable")
    ends_G = np.searchsorted(groups_N[order_N], np.arange(num_groups + 1))
    for group in np.unique(groups_N):
        members = order_N[ends_G[group] : ends_G[group + 1]]
        means_G2[group] = np.quantile(values_N[members], [LOWER_START, 0.5])
    counts_G = np.maximum(np.bincount(groups_N, minlength=num_groups), 1)
    apart_N = values_N - (np.bincount(groups_N, values_N, num_groups) / counts_G)[groups_N]
    variances_G = np.bincount(groups_N, apart_N**2, num_groups) / counts_G
    weights_G2 = np.tile([0.2, 0.8], (num_groups, 1))
    return Mixture(weights_G2, means_G2, np.maximum(variances_G, SMALLEST_VARIANCE)[:, None])


def _moved(pooled: Mixture, start: Mixture) -> Mixture:
    """The mixture of all groups with its upper Gaussian at each group's median, and no wider than the group."""
    gaps_12 = pooled.means_G2 - pooled.means_G2[:, 1:]
    narrow_G1 = np.minimum(pooled.variances_G1, start.variances_G1)
    return Mixture(pooled.weights_G2, start.means_G2[:, 1:] + gaps_12, narrow_G1)


def _climb(values_N: F64, groups_N: Int, start: Mixture, lender: Mixture, borrowed: float) -> Mixture:
    """EM from ``start``, with ``borrowed`` more values per group distributed as in ``lender``."""
    lent_G2 = borrowed * lender.weights_G2
    lent_square_G2 = lender.means_G2**2 + lender.variances_G1
    mixture, groups = start, len(start.means_G2)
    for _ in range(STEPS):
        upper_N, _ = expect(values_N, groups_N, mixture)
        counts_G2 = lent_G2 + _by_group(upper_N, np.ones_like(values_N), groups_N, groups)
        sums_G2 = lent_G2 * lender.means_G2 + _by_group(upper_N, values_N, groups_N, groups)
        squares_G2 = lent_G2 * lent_square_G2 + _by_group(upper_N, values_N**2, groups_N, groups)
        means_G2 = sums_G2 / np.maximum(counts_G2, np.finfo(float).tiny)
        total_G1 = counts_G2.sum(axis=1, keepdims=True)
        within_G1 = (squares_G2 - sums_G2 * means_G2).sum(axis=1, keepdims=True) / total_G1
        mixture = Mixture(counts_G2 / total_G1, means_G2, np.maximum(within_G1, SMALLEST_VARIANCE))
    return mixture


def _by_group(upper_N: F64, values_N: F64, groups_N: Int, num_groups: int) -> F64:
    """f64[G, 2]: the groups' sums of the values, divided between the two Gaussians."""
    upper_G = np.bincount(groups_N, upper_N * values_N, num_groups)
    lower_G = np.bincount(groups_N, (1 - upper_N) * values_N, num_groups)
    return np.stack([lower_G, upper_G], axis=1)


def _log_density(values: F64, means: F64, variances: F64) -> F64:
    logs: F64 = -((values - means) ** 2 / variances + np.log(2 * np.pi * variances)) / 2
    return logs


def _two_are_better(values_N: F64, groups_N: Int, mixture: Mixture) -> NDArray[np.bool_]:
    counts_G = np.maximum(np.bincount(groups_N, minlength=len(mixture.means_G2)), 1)
    means_G = np.bincount(groups_N, values_N, len(counts_G)) / counts_G
    apart_N = values_N - means_G[groups_N]
    variances_G = np.maximum(np.bincount(groups_N, apart_N**2, len(counts_G)) / counts_G, SMALLEST_VARIANCE)
    one_N = _log_density(apart_N, np.zeros_like(apart_N), variances_G[groups_N])
    gain_G = np.bincount(groups_N, expect(values_N, groups_N, mixture)[1] - one_N, len(counts_G))
    more_parameters = 2
    better_G: NDArray[np.bool_] = gain_G > more_parameters / 2 * np.log(counts_G)
    return better_G

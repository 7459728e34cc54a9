"""Verdicts as rows of an array: one column per label and other answer, -inf if a label was not asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import logsumexp

from errata.types import F64

FLOOR = -14.0
"""Lower bound of log-probabilities: recorded zeros are rounded, and ``reading.SURE`` ends at the same odds."""


def to_rows(log_probs: Sequence[Mapping[str, float]], columns: Sequence[str]) -> F64:
    """f64[N, M], each row normalized over its columns. ``columns`` contains every key of every row."""
    rows_NM = np.full((len(log_probs), len(columns)), -np.inf)
    at = {name: column for column, name in enumerate(columns)}
    for row_M, found in zip(rows_NM, log_probs, strict=True):
        for key, value in found.items():
            row_M[at[key]] = max(value, FLOOR)
    return normalized(rows_NM)


def normalized(rows_NM: F64) -> F64:
    """Normalize log-probabilities, so that each row's exps sum to 1."""
    return np.asarray(rows_NM - logsumexp(rows_NM, axis=1, keepdims=True))

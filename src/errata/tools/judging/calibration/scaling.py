"""Temperature and vector scaling: each answer's log-probability gets a scale and an offset, fitted to decisions.

After Guo et al. (ICML 2017, section 4.2), with an L2 penalty that pulls both toward no change. A label that no one
decided keeps its offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from errata.tools.judging.calibration.rows import normalized
from errata.types import F64, Int

SCALES = (0.02, 5.0)
"""A scale of 0 would ignore what the judge said, a negative one would reverse it."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """log p'(m) = scales[m] * log p(m) + offsets[m] + const; scales 1 and offsets 0 change nothing."""

    scales: tuple[float, ...]
    offsets: tuple[float, ...]

    def apply(self, log_probs_NM: F64) -> F64:
        """Rows normalized over their options (-inf = not asked)."""
        return normalized(np.multiply(log_probs_NM, self.scales) + np.asarray(self.offsets))

    def as_json(self) -> dict[str, Any]:
        return {"kind": "scaling", "scales": list(self.scales), "offsets": list(self.offsets)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Scaling:
        return cls(tuple(found["scales"]), tuple(found["offsets"]))


def unchanged(columns: int) -> Scaling:
    return Scaling((1.0,) * columns, (0.0,) * columns)


def fit_temperature(log_probs_NM: F64, truth_N: Int) -> Scaling:
    """One scale for all answers, so that no order changes: the least log-loss of ``truth_N``, the decided columns."""
    columns = log_probs_NM.shape[1]

    def loss(log_scale: float) -> float:
        return -float(_of_truth(normalized(np.exp(log_scale) * log_probs_NM), truth_N).mean())

    scale = float(np.exp(minimize_scalar(loss, bounds=tuple(np.log(SCALES)), method="bounded").x))
    return Scaling((scale,) * columns, (0.0,) * columns)


def fit_vector(log_probs_NM: F64, truth_N: Int, penalty: float) -> Scaling:
    """A scale and an offset per answer: mean log-loss plus ``penalty`` / N times the squares of (scale - 1) and offset,
    by L-BFGS-B with the exact gradient. ``penalty`` is in units of one decided item."""
    items, columns = log_probs_NM.shape
    logs_NM = np.where(np.isfinite(log_probs_NM), log_probs_NM, 0.0)
    absent_NM = np.where(np.isfinite(log_probs_NM), 0.0, -np.inf)
    truth_NM = np.zeros(logs_NM.shape)
    truth_NM[np.arange(items), truth_N] = 1.0

    def loss(flat: F64) -> tuple[float, F64]:
        scale_M, offset_M = flat[:columns], flat[columns:]
        rows_NM = normalized(logs_NM * scale_M + offset_M + absent_NM)
        wrong_NM = (np.exp(rows_NM) - truth_NM) / items
        away = np.concatenate([scale_M - 1, offset_M])
        slope = np.concatenate([(wrong_NM * logs_NM).sum(axis=0), wrong_NM.sum(axis=0)])
        value = -float(_of_truth(rows_NM, truth_N).mean()) + penalty / items * float(away @ away)
        return value, slope + 2 * penalty / items * away

    start = np.concatenate([np.ones(columns), np.zeros(columns)])
    bounds = [SCALES] * columns + [(None, None)] * columns
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Scaling(tuple(found[:columns].tolist()), tuple(found[columns:].tolist()))


def _of_truth(rows_NM: F64, truth_N: Int) -> F64:
    return rows_NM[np.arange(len(rows_NM)), truth_N]

"""When a class has been learned, from the curve of how many of its labels a probe agrees with.

ADELE (Liu et al. 2022, "Adaptive Early-Learning Correction for Segmentation from Noisy Annotations").
"""

from __future__ import annotations

import numpy as np

from errata.types import F64, Int

FLOOR = 1e-4
SLOWED = 0.9
"""A class has been learned once its curve has lost this share of its initial slope (ADELE's r)."""
CEILINGS = (1.001, 1.01, 1.03, 1.1, 1.3)
"""Possible limits of a learning curve, as multiples of its highest point."""


def learned_by(agreement_KT: F64) -> Int:
    """i64[K]: after how many epochs, 1..T, each class had been learned: 1 if its curve is flat, T if it is 0 or never
    slows down.

    ``agreement_KT`` in [0, 1]. Each curve is fitted by a (1 - exp(-b t^c)): for a given limit a, the logarithm of the
    logarithm is a line in log t, so the best line over a few limits is used.
    """
    epochs_T = np.arange(1, agreement_KT.shape[1] + 1)
    top_K1 = np.maximum(agreement_KT.max(axis=1, keepdims=True), FLOOR)
    best_K, learned_K = np.full(len(agreement_KT), np.inf), np.full(len(agreement_KT), len(epochs_T))
    for ceiling_K1 in (top_K1 * ceiling for ceiling in CEILINGS):
        left_KT = np.clip(1 - agreement_KT / ceiling_K1, FLOOR, 1 - FLOOR)
        power_K1, factor_K1 = _line(np.log(epochs_T), np.log(-np.log(left_KT)))
        decay_KT = np.exp(-np.exp(factor_K1) * epochs_T**power_K1)
        errors_K = ((ceiling_K1 * (1 - decay_KT) - agreement_KT) ** 2).sum(axis=1)
        slope_KT = epochs_T ** (power_K1 - 1) * decay_KT
        slowed_KT = slope_KT <= (1 - SLOWED) * slope_KT[:, :1]
        epoch_K = np.where(slowed_KT.any(axis=1), slowed_KT.argmax(axis=1) + 1, len(epochs_T))
        epoch_K = np.where(power_K1[:, 0] > FLOOR, epoch_K, 1)
        learned_K = np.where(errors_K < best_K, epoch_K, learned_K)
        best_K = np.minimum(errors_K, best_K)
    return np.where(agreement_KT.any(axis=1), learned_K, len(epochs_T))


def _line(x_T: F64, y_KT: F64) -> tuple[F64, F64]:
    """Slope and intercept, each [K, 1], of the least-squares line through each row."""
    centered_T = x_T - x_T.mean()
    slope_K1 = (y_KT @ centered_T / (centered_T @ centered_T))[:, None]
    return slope_K1, y_KT.mean(axis=1, keepdims=True) - slope_K1 * x_T.mean()

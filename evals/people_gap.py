"""How much less, or more, a confidence learned from planted errors is worth on people's errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import t

from errata.types import F64, Bool

Z_95 = 1.959964
LEAST = 1e-6
"""As far from 0 and 1 as a confidence counts."""
SETS = {
    "noisyag": ("noisyag",),
    "imdb": ("imdb",),
    "roman": ("roman",),
    "cifar10n": ("cifar10n_given", "cifar10n_worst"),
}
"""Each with the tasks made from it. Hausa is left out: the features share its errors."""


def shift(confidence_M: F64, right_M: Bool) -> tuple[float, float]:
    """What must be added to the log-odds of all confidences for their mean to be the share that is right (below 0 =
    too sure), and half the width of its 95% interval; as if half a proposal more were right, and half a one wrong."""
    share, odds_M = (right_M.sum() + 0.5) / (len(right_M) + 1), logit(np.clip(confidence_M, LEAST, 1 - LEAST))
    found = brentq(lambda by: float(expit(odds_M + by).mean() - share), -30.0, 30.0)
    shifted_M = expit(odds_M + found)
    return found, Z_95 * float(np.sqrt(len(right_M) * share * (1 - share)) / (shifted_M * (1 - shifted_M)).sum())


def discounts(shifts: Mapping[str, float]) -> dict[str, Any]:
    """From the shift of each task: of each of SETS its own, the discount that the others call for, and what shift is
    left with that; their mean with its 95% interval; and the discount that it calls for. No discount is below 0."""
    own = {name: float(np.mean([shifts[task] for task in tasks])) for name, tasks in SETS.items()}
    others = {name: max(0.0, -float(np.mean([own[other] for other in own if other != name]))) for name in own}
    each = np.array(list(own.values()))
    half = float(t.ppf(0.975, len(each) - 1) * each.std(ddof=1) / np.sqrt(len(each)))
    return {
        "sets": {
            name: {
                "shift": round(own[name], 2),
                "others": round(others[name], 2),
                "left": round(own[name] + others[name], 2),
            }
            for name in own
        },
        "mean": round(float(each.mean()), 2),
        "between": [round(float(each.mean() + side * half), 2) for side in (-1, 1)],
        "discount": round(max(0.0, -float(each.mean())), 2),
    }

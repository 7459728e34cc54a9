"""Two biases of a judge, in log-odds: toward the option shown first, and toward the label shown as given."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from errata.tools.odds import log_odds
from errata.types import Verdict

NORMAL_95 = 1.96


class Bias(NamedTuple):
    """``mean`` in log-odds, 0 = none, and the half-width of its 95% interval, over ``n`` items."""

    mean: float
    within: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:+.2f} ± {self.within:.2f}" if self.n > 1 else "unknown"


def bias_of(values: Iterable[float]) -> Bias:
    """Mean and interval of a bias measured on several items; NaN if there are too few."""
    found = np.array(list(values), dtype=float)
    if len(found) < 2:
        return Bias(math.nan, math.nan, len(found))
    return Bias(float(found.mean()), float(NORMAL_95 * found.std(ddof=1) / math.sqrt(len(found))), len(found))


def position_bias(verdicts: Iterable[Verdict]) -> Bias:
    """Over one judge's verdicts of blind choice or contest: positive = it favors the option shown first."""
    return bias_of(verdict.position_bias for verdict in verdicts if verdict.position_bias is not None)


def anchor_bias(pairs: Iterable[tuple[Verdict, Verdict]], shown: Sequence[str]) -> Bias:
    """How much the log-odds of the ``shown`` label rise when the judge reads that the dataset has it.

    Each of the ``pairs`` holds the verdicts on one item without and with that line; pairs with an unreadable one are
    skipped. Positive = the judge relies on the label it is shown.
    """
    return bias_of(
        log_odds(anchored.log_probs[label]) - log_odds(blind.log_probs[label])
        for (blind, anchored), label in zip(pairs, shown, strict=True)
        if blind.readable and anchored.readable
    )

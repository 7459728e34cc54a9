"""Which items another answer could still change, and so is worth its price."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from errata.settings import Costs
from errata.tools.inference.outcome import cheapest_numbers
from errata.tools.inference.posterior import Posteriors
from errata.tools.inference.verdict_columns import LEAST_ERROR
from errata.types import Bool

POSSIBLE = 0.02
"""A less probable state counts as ruled out: no further question is asked because of it."""


def undecided(posteriors: Posteriors, costs: Costs) -> Bool:
    """bool[N]: items for which another outcome would become the cheapest if one more judge, as sure as a judge may be,
    named some state that is not ruled out."""
    now_N = cheapest_numbers(posteriors, costs)
    probs_NS = posteriors.probs_NS
    states = probs_NS.shape[1]
    open_N = np.zeros(len(probs_NS), bool)
    for state in range(states):
        told_S = np.full(states, LEAST_ERROR / states)
        told_S[state] += 1 - LEAST_ERROR
        then_NS = probs_NS * told_S
        total_N1 = then_NS.sum(axis=1, keepdims=True)
        then = replace(posteriors, probs_NS=then_NS / np.maximum(total_N1, np.finfo(float).tiny))
        open_N |= (probs_NS[:, state] >= POSSIBLE) & (cheapest_numbers(then, costs) != now_N)
    return open_N

"""From a posterior to one of five words: the outcome that costs least (ALGORITHMS C4)."""

from __future__ import annotations

import numpy as np

from errata.settings import Costs
from errata.tools.inference.posterior import Posteriors
from errata.types import Int, Outcome

MAJORITY = 0.5
WORDS: tuple[Outcome, ...] = ("keep", "relabel", "ambiguous", "several", "none_of_these")
"""What the numbers of ``outcome_numbers`` stand for."""


def outcomes(posteriors: Posteriors, costs: Costs) -> list[Outcome]:
    """The outcome of every item, as if each had been looked at: see ``outcome_numbers``."""
    return [WORDS[number] for number in outcome_numbers(posteriors, costs).tolist()]


def outcome_numbers(posteriors: Posteriors, costs: Costs) -> Int:
    """int[N], places in WORDS.

    Keeping costs ``miss_wrong`` where the given label is wrong; changing costs ``break_right`` where it was right and
    ``miss_wrong`` where the new one is wrong too; a look costs ``look``. Where the look is cheapest, people would have
    to say: ambiguous. ``several`` and ``none_of_these`` need a majority, since no change of one label repairs them.
    """
    p_NS = posteriors.probs_NS
    rows = np.arange(len(p_NS))
    given_holds_N = np.nan_to_num(posteriors.given_holds_N, nan=0.0)
    change_to_N = p_NS[rows, posteriors.best_other_N]
    keep_N = costs.miss_wrong * (1 - given_holds_N)
    change_N = costs.break_right * given_holds_N + costs.miss_wrong * (1 - given_holds_N - change_to_N)
    number_N: Int = np.argmin(np.stack([keep_N, change_N, np.full(len(p_NS), costs.look)]), axis=0)
    number_N[p_NS[:, -1] >= MAJORITY] = WORDS.index("none_of_these")
    number_N[p_NS[:, -2] >= MAJORITY] = WORDS.index("several")
    return number_N

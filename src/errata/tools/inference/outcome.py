"""From a posterior to one of five words.

Two questions, two answers. What is proposed is what a person should look at first, and costs one look where it is
wrong. What costs least if nobody looks decides what a judge is still asked.
"""

from __future__ import annotations

import numpy as np

from errata.settings import Costs
from errata.tools.inference.posterior import Posteriors
from errata.tools.inference.severity import distances_from
from errata.types import F32, F64, Int, Outcome

MAJORITY = 0.5
WORDS: tuple[Outcome, ...] = ("keep", "relabel", "ambiguous", "several", "none_of_these")
"""What the numbers of ``cheapest_numbers`` stand for."""


def proposed_outcomes(posteriors: Posteriors, ratio: float, costs: Costs) -> list[Outcome | None]:
    """What each item's posterior proposes: its likeliest state, where that is ``ratio`` times as likely as any other.

    Otherwise ``ambiguous``: two answers are close. None if the given label is the likeliest and no judge told anything
    about the item: there is nothing to look at first. If judges told something but do not favor the given label, which
    is clearly the likeliest all the same, it is ``ambiguous`` as long as the chance that it is wrong is worth a look.
    """
    p_NS, rows = posteriors.probs_NS, np.arange(len(posteriors.probs_NS))
    best_N = p_NS.argmax(axis=1)
    others_NS = p_NS.copy()
    others_NS[rows, best_N] = 0.0
    clear_N = p_NS[rows, best_N] >= ratio * others_NS.max(axis=1)
    said_N, keep_N = posteriors.judged_N > 0, posteriors.judges_keep_N
    clear_N &= (best_N != 0) | keep_N | (costs.miss_wrong * (1 - p_NS[:, 0]) <= costs.look)
    each = zip(best_N.tolist(), clear_N.tolist(), said_N.tolist(), keep_N.tolist(), strict=True)
    return [_word(best, p_NS.shape[1], clear, said, keep) for best, clear, said, keep in each]


def _word(best: int, states: int, clear: bool, judged: bool, judges_keep: bool) -> Outcome | None:
    if best == 0 and not judged:
        return None
    if not clear:
        return "ambiguous"
    if best == 0:
        return "keep" if judges_keep else None
    if best >= states - 2:
        return "several" if best == states - 2 else "none_of_these"
    return "relabel"


def cheapest(posteriors: Posteriors, costs: Costs, distances_KK: F32 | None = None) -> list[Outcome]:
    """The outcome of every item that costs least if nobody looks: see ``cheapest_numbers``."""
    return [WORDS[number] for number in cheapest_numbers(posteriors, costs, distances_KK).tolist()]


def _by_distance(posteriors: Posteriors, costs: Costs, distances_KK: F32) -> tuple[F64, F64]:
    """What keeping and changing cost, f64[N] each, if a mistake costs as much more as it is farther."""
    p_NS, rows, best_N = posteriors.probs_NS, np.arange(len(posteriors.probs_NS)), posteriors.best_other_N
    from_given_NC = distances_from(posteriors, np.zeros_like(best_N), distances_KK)
    from_best_NC = distances_from(posteriors, best_N, distances_KK)
    wrong_NC = p_NS[:, :-2].copy()
    wrong_NC[:, 0] = 0.0
    none_N = p_NS[:, -1]
    keep_N = costs.miss_wrong * ((wrong_NC * from_given_NC).sum(axis=1) + none_N)
    missed_N = (wrong_NC * from_best_NC).sum(axis=1) + none_N
    broken_N = (p_NS[:, 0] + p_NS[:, -2]) * from_given_NC[rows, best_N]
    return keep_N, costs.break_right * broken_N + costs.miss_wrong * missed_N


def cheapest_numbers(posteriors: Posteriors, costs: Costs, distances_KK: F32 | None = None) -> Int:
    """int[N], places in WORDS (ALGORITHMS C4). ``distances_KK``: how much more than an ordinary one a mistake counts.

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
    if distances_KK is not None:
        keep_N, change_N = _by_distance(posteriors, costs, distances_KK)
    number_N: Int = np.argmin(np.stack([keep_N, change_N, np.full(len(p_NS), costs.look)]), axis=0)
    number_N[p_NS[:, -1] >= MAJORITY] = WORDS.index("none_of_these")
    number_N[p_NS[:, -2] >= MAJORITY] = WORDS.index("several")
    return number_N

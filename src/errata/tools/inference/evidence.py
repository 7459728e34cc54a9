"""Evidence as log-probabilities over the states of each item: its C candidate labels, then several, then none.

Detectors share one weight among them and so do judges (ALGORITHMS C3, cold start): sources that err together must not
count twice, as they would in a naive Bayes product.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from errata.tools.inference.candidates import NOBODY
from errata.types import CANNOT_TELL, F32, NONE_OF_THESE, SEVERAL, Int, LabelSpace, Verdict

F64 = NDArray[np.float64]

PROBABILITY_FLOOR = 1e-4
DETECTORS_WEIGHT = 0.75
"""Of the detectors together. More ranks flips between two labels better, less finds items that fit no label; average
precision on planted errors for .5 / .75 / 1 / 2, and for the probe alone: look-alike flips .746 / .762 / .773 / .790
and .742, even flips .850 / .857 / .861 / .866 and .857, items of no class .766 / .765 / .762 / .751 and .725. This is
the least that is never below the probe."""
JUDGE_ERROR = 0.02
"""Share of a judge's answers that carry no information, whatever it claims: its log-probabilities are bounded by it."""


def from_detectors(cand_NC: Int, probs: Sequence[F32]) -> F64:
    """Weighted mean over the detectors of log p(label | content), f64[N, C]; -inf where there is no candidate."""
    total = np.zeros(cand_NC.shape)
    for p_NK in probs:
        p_NC = np.take_along_axis(p_NK, np.maximum(cand_NC, 0), axis=1)
        total += np.log(np.maximum(p_NC, PROBABILITY_FLOOR))
    return np.where(cand_NC == NOBODY, -np.inf, DETECTORS_WEIGHT * total / max(len(probs), 1))


def from_given(cand_NC: Int, given_N: Int, noise: float, classes: int) -> F64:
    """log p(given label | true label) under even noise, f64[N, C]; 0 for items without a given label.

    ``noise`` in (0, 1): the share of labels thought wrong. The confident joint knows more, class by class, but it takes
    a model's confusions for people's: as a full matrix it ranked planted flips between look-alikes better, even flips
    and items that fit no label worse, and all of them together no better.
    """
    other = np.log(noise / max(classes - 1, 1))
    log_NC = np.where(cand_NC == given_N[:, None], np.log1p(-noise), other)
    return np.where(given_N[:, None] == NOBODY, 0.0, log_NC)


def from_judges(cand_NC: Int, verdicts: Iterable[Verdict], space: LabelSpace) -> tuple[F64, Int]:
    """Mean log-probabilities over C candidates + several + none, f64[N, C + 2], and how many verdicts each item has.

    Rows without a readable verdict are 0.
    """
    total = np.zeros((cand_NC.shape[0], cand_NC.shape[1] + 2))
    count = np.zeros(len(cand_NC), dtype=np.int64)
    for verdict in verdicts:
        if verdict.readable:
            total[verdict.idx] += _log_states(verdict, cand_NC[verdict.idx], space)
            count[verdict.idx] += 1
    return total / np.maximum(count, 1)[:, None], count


def _log_states(verdict: Verdict, cand_C: Int, space: LabelSpace) -> F64:
    """One verdict over one item's states. A label that was not asked about is part of "none of these"."""
    probs = {name: float(np.exp(value)) for name, value in verdict.log_probs.items()}
    asked = [space.names[c] in probs if c != NOBODY else True for c in cand_C]
    shares = asked.count(False) + 1
    states = np.empty(len(cand_C) + 2)
    for column, c in enumerate(cand_C):
        name = space.names[c] if c != NOBODY else None
        states[column] = 0.0 if name is None else probs.get(name, probs[NONE_OF_THESE] / shares)
    states[-2], states[-1] = probs[SEVERAL], probs[NONE_OF_THESE] / shares
    # "Cannot tell" is no evidence for anything: its mass goes to all states alike, and so does the judge's own error.
    unsure = min(1.0, probs[CANNOT_TELL] + JUDGE_ERROR)
    known = states / max(states.sum(), 1e-12)
    mixed: F64 = np.log((1 - unsure) * known + unsure / len(states))
    return mixed

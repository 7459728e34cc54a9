"""The prior of a judge over labels: measured on content-free items, and removed (ALGORITHMS B7).

Only the labels are corrected, relative to each other. "Cannot tell" and "none of these" are right answers about an item
without content, so dividing by their frequency there would punish a judge for being right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from errata.tools.judging.reading.reading import normalized
from errata.types import F64, OTHER_ANSWERS, Verdict

MOST_A = 1.2
FEWEST_FOR_A = 20
"""With fewer items of a known label, nothing is fitted."""
ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Prior:
    """What ``judge`` prefers on content-free items, for one prompt and one style.

    ``log_prior`` maps a label to its log-probability, exps sum to 1 over the labels; empty if no answer could be read.
    ``items`` is how many content-free items were answered readably.
    """

    judge: str
    prompt_sha: str
    style: str
    log_prior: Mapping[str, float]
    items: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Prior:
        return cls(**found)


def over_labels(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Log prior over the labels from verdicts on content-free items: the mean of the labels' log-probabilities, exps
    sum to 1. The effect of which labels were shown together is removed (an additive model of label and verdict, by
    alternating means), so that sets of candidates can be mixed."""
    rows = [_labels(verdict.log_probs) for verdict in verdicts if verdict.readable]
    names = sorted({name for row in rows for name in row})
    if not names:
        return {}
    logs_RK = np.array([[row.get(name, np.nan) for name in names] for row in rows])
    prior_K = np.zeros(len(names))
    for _ in range(ROUNDS):
        beside_R1 = np.nanmean(logs_RK - prior_K, axis=1, keepdims=True)
        prior_K = np.nanmean(logs_RK - beside_R1, axis=0)
    return normalized(dict(zip(names, prior_K.tolist(), strict=True)))


def debiased(log_probs: Mapping[str, float], log_prior: Mapping[str, float], a: float = 1.0) -> dict[str, float]:
    """``log_probs`` with ``a`` times the prior of each label removed, still normalized.

    The labels together keep their mass, and each other answer keeps its own. A label without a prior counts as average.
    """
    labels = _labels(log_probs)
    if not labels.keys() & log_prior.keys():
        return dict(log_probs)
    prior_1W = np.array([[log_prior.get(key, np.nan) for key in labels]])
    (row_W,) = debiased_rows(np.array([list(labels.values())]), prior_1W, a)
    return {**log_probs, **dict(zip(labels, row_W.tolist(), strict=True))}


def debiased_rows(labels_MW: F64, prior_MW: F64, a: float = 1.0) -> F64:
    """Like ``debiased``, for many verdicts at once: the log-probabilities of the labels that each was asked about, -inf
    = unused, and the log prior of each label, NaN = unknown. A row without a known prior is unchanged."""
    known_MW = np.isfinite(prior_MW)
    count_M1 = known_MW.sum(axis=1, keepdims=True)
    above_MW = np.where(known_MW, prior_MW, 0.0)
    above_MW -= np.where(known_MW, above_MW.sum(axis=1, keepdims=True) / np.maximum(count_M1, 1), 0.0)
    moved_MW = labels_MW - a * above_MW
    before_M1, after_M1 = (np.logaddexp.reduce(rows, axis=1, keepdims=True) for rows in (labels_MW, moved_MW))
    usable_M1 = (count_M1 > 0) & np.isfinite(before_M1)
    with np.errstate(invalid="ignore"):
        found_MW: F64 = np.where(usable_M1, moved_MW + (before_M1 - after_M1), labels_MW)
    return found_MW


def fit_a(
    decided: Iterable[tuple[Mapping[str, float], str]], log_prior: Mapping[str, float], otherwise: float = 1.0
) -> float:
    """How much of the prior to remove, in [0, 1.2]: the least log-loss over ``decided``, pairs of a verdict's
    ``log_probs`` and the label known to be right. Returns ``otherwise`` with fewer than FEWEST_FOR_A pairs that involve
    the prior; the paper removes the whole prior."""
    pairs = [(log_probs, label) for log_probs, label in decided if label in log_probs and label in log_prior]
    if len(pairs) < FEWEST_FOR_A:
        return otherwise

    from scipy.optimize import minimize_scalar  # half a second to import: too slow for just looking at a run

    def loss(a: float) -> float:
        return -sum(debiased(log_probs, log_prior, a)[label] for log_probs, label in pairs)

    return float(minimize_scalar(loss, bounds=(0.0, MOST_A), method="bounded").x)


def _labels(log_probs: Mapping[str, float]) -> dict[str, float]:
    return {key: value for key, value in log_probs.items() if key not in OTHER_ANSWERS}

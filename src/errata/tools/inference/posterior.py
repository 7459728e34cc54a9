"""p(state | evidence) for all items at once: a log-linear pool of the evidence (ALGORITHMS C3, cold start)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from errata.settings import Pool
from errata.tools.inference.calibration import Calibration
from errata.tools.inference.candidates import ABSENT, candidates
from errata.tools.inference.evidence import from_detectors, from_given, from_judges
from errata.tools.inference.label_noise import LabelNoise
from errata.tools.inference.people import People
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import F64, Bool, Int, LabelProbs, LabelSpace, Posterior

UNCALIBRATED = Calibration()
RARE_STATE = 0.02
"""Prior of "several labels hold" and of "none of these holds", before anybody looked."""


@dataclass(frozen=True, slots=True)
class Posteriors:
    """``cand_NC`` int[N, C]: candidate labels, -1 = unused. ``probs_NS`` f64[N, C + 2]: their probabilities, then
    ``several``, then ``none_of_these``; rows sum to 1. ``judged_N``: how many verdicts each item has;
    ``judges_keep_N``: whether what the judges said, by itself, favors the given label, and a judge that is right more
    often than not said so."""

    cand_NC: Int
    probs_NS: F64
    judged_N: Int
    judges_keep_N: Bool
    given_N: Int
    space: LabelSpace

    @property
    def given_holds_N(self) -> F64:
        """p(the given label holds), alone or as one of several; f64[N], low = bad; NaN without a given label."""
        holds = self.probs_NS[:, 0] + self.probs_NS[:, -2]
        return np.where(self.given_N == ABSENT, np.nan, holds)

    @property
    def best_other_N(self) -> Int:
        """The column of the most probable candidate that is not the given label."""
        best_N: Int = np.argmax(self.probs_NS[:, 1:-2], axis=1) + 1
        return best_N

    @property
    def challengers(self) -> list[str | None]:
        """The name of the most probable label of each item that is not the given one."""
        best_N = np.take_along_axis(self.cand_NC, self.best_other_N[:, None], axis=1)[:, 0]
        return [None if best == ABSENT else self.space.names[best] for best in best_N]

    def only(self, rows: Int) -> Posteriors:
        """Of these items alone, in this order."""
        return replace(
            self,
            cand_NC=self.cand_NC[rows],
            probs_NS=self.probs_NS[rows],
            judged_N=self.judged_N[rows],
            judges_keep_N=self.judges_keep_N[rows],
            given_N=self.given_N[rows],
        )

    def item(self, idx: int) -> Posterior:
        return posterior_of(self.cand_NC[idx], self.probs_NS[idx], self.space)


def posterior_of(cand_C: Int, probs_S: F64, space: LabelSpace) -> Posterior:
    """Of one item, from its row of ``Posteriors``."""
    labels = {space.names[c]: float(p) for c, p in zip(cand_C, probs_S, strict=False) if c != ABSENT}
    return Posterior(labels, float(probs_S[-2]), float(probs_S[-1]))


def weigh(
    given_N: Int,
    probs: Sequence[LabelProbs],
    noise: LabelNoise,
    verdicts: VerdictColumns,
    pool: Pool = "mean",
    calibration: Calibration = UNCALIBRATED,
    people: People | None = None,
) -> Posteriors:
    """The posterior of every item from the detectors' distributions (f32[N, K] each), what is known of the noise in
    the given labels, what the scan's confidence was found to be worth, and the verdicts, in the label space of these.
    ``people``: what votes say, where people voted.
    """
    favored = probs if people is None else [*probs, people.probs_NK]
    cand_NC = candidates(given_N, favored, _named_by_judges(verdicts))
    judged_NS, judged_N = from_judges(cand_NC, verdicts, pool)
    content_NC = from_detectors(cand_NC, probs, noise.power)
    labels_NC = calibration.applied(content_NC + from_given(cand_NC, given_N, noise.transition_KK), given_N)
    if people is not None:
        rows = np.flatnonzero(people.voted_N)
        labels_NC[rows] = content_NC[rows] + people.logs(rows, cand_NC[rows])
    # Detectors say nothing of the two rare states; each is held against the label that they favor most.
    rare_N1 = labels_NC.max(axis=1, keepdims=True) + np.log(RARE_STATE)
    scores_NS = np.concatenate([labels_NC, rare_N1, rare_N1], axis=1) + judged_NS
    scores_NS[judged_N == 0, -2:] = -np.inf
    probs_NS = np.exp(scores_NS - scores_NS.max(axis=1, keepdims=True))
    probs_NS /= probs_NS.sum(axis=1, keepdims=True)
    keep_N = (judged_N > 0) & (judged_NS.argmax(axis=1) == 0) & _favored_reliably(given_N, verdicts)
    return Posteriors(cand_NC, probs_NS, judged_N, keep_N, given_N, verdicts.space)


def _favored_reliably(given_N: Int, verdicts: VerdictColumns) -> Bool:
    """bool[N]: whether a reliable verdict favors the given label."""
    favored_N = np.zeros(len(given_N), bool)
    favors_M = verdicts.reliable_M & (verdicts.favorites_M == given_N[verdicts.items_M])
    favored_N[verdicts.items_M[favors_M]] = True
    return favored_N


def from_scan(cand_NC: Int, given_N: Int, probs: Sequence[LabelProbs], noise: LabelNoise) -> F64:
    """Log-probabilities of the candidate labels, f64[N, C], up to a constant of each row, before any calibration."""
    return from_detectors(cand_NC, probs, noise.power) + from_given(cand_NC, given_N, noise.transition_KK)


def _named_by_judges(verdicts: VerdictColumns) -> dict[int, list[int]]:
    """The labels that judges favored, so that a judge can name one that no detector thought of."""
    named: dict[int, list[int]] = {}
    for item, favorite in zip(verdicts.items_M.tolist(), verdicts.favorites_M.tolist(), strict=True):
        if favorite != ABSENT and favorite not in named.setdefault(item, []):
            named[item].append(favorite)
    return named

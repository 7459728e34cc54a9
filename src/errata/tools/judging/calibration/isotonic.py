"""Isotonic regression of "the judge's first choice is right" on how sure the judge was (ALGORITHMS B7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errata.tools.judging.calibration.rows import normalized
from errata.types import F64, Bool


@dataclass(frozen=True, slots=True)
class Isotonic:
    """A nondecreasing map from a score (higher = surer) to the probability of being right: straight lines between
    (``scores``, ``probabilities``), constant beyond them. Both have the same length, at least 1."""

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def probability(self, score_N: F64) -> F64:
        """p(right) for each score, in (0, 1)."""
        return np.asarray(np.interp(score_N, self.scores, self.probabilities))

    def apply(self, log_probs_NM: F64) -> F64:
        """Rows (-inf = not asked) whose first choice gets the probability of its margin; the others share the rest in
        the same proportions. The first choice stays first: it never gets less than the second would."""
        rows_NM = normalized(log_probs_NM)
        top_N, margin_N = margins(rows_NM)
        finite = np.isfinite(margin_N)
        probs_NM = np.exp(rows_NM)
        p_top_N = np.take_along_axis(probs_NM, top_N[:, None], axis=1)[:, 0]
        rest_N = np.maximum(1 - p_top_N, np.finfo(float).tiny)
        # The second choice's share of everything but the first. The first keeps at least as much as the second gets.
        share_N = np.exp(np.where(finite, np.log(np.maximum(p_top_N, 1e-300)) - margin_N, -np.inf)) / rest_N
        least_N = share_N / (1 + share_N)
        new_top_N = np.maximum(self.probability(np.where(finite, margin_N, 0.0)), least_N)
        scaled_NM = rows_NM + np.log((1 - new_top_N) / rest_N)[:, None]
        np.put_along_axis(scaled_NM, top_N[:, None], np.log(new_top_N)[:, None], axis=1)
        return np.where(finite[:, None], normalized(scaled_NM), rows_NM)

    def as_json(self) -> dict[str, Any]:
        return {"kind": "isotonic", "scores": list(self.scores), "probabilities": list(self.probabilities)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Isotonic:
        return cls(tuple(found["scores"]), tuple(found["probabilities"]))


def fit_isotonic(score_N: F64, right_N: Bool) -> Isotonic:
    """The least-squares nondecreasing map; no probability is closer to 0 or 1 than 1 / (N + 2), since N items cannot
    show more (Laplace)."""
    from sklearn.isotonic import IsotonicRegression

    least = 1 / (len(score_N) + 2)
    found = IsotonicRegression(y_min=least, y_max=1 - least).fit(score_N, right_N.astype(float))
    return Isotonic(tuple(found.X_thresholds_.tolist()), tuple(found.y_thresholds_.tolist()))


def margins(log_probs_NM: F64) -> tuple[NDArray[np.intp], F64]:
    """The column of each row's first choice, and its log-odds over the second; inf if there is no second."""
    top_N = np.argmax(log_probs_NM, axis=1)
    first_two_N2 = np.sort(log_probs_NM, axis=1)[:, -2:]
    return top_N, first_two_N2[:, -1] - first_two_N2[:, 0]

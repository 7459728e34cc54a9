"""Fit a judge's probabilities to people's decisions, with the map that scores best in cross-validation and does not
make the judge's first choice wrong more often."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from errata.tools.judging.calibration.isotonic import Isotonic, fit_isotonic, margins
from errata.tools.judging.calibration.rows import to_rows
from errata.tools.judging.calibration.scaling import Scaling, fit_temperature, fit_vector, unchanged
from errata.types import F64, NONE_OF_THESE, Int

Map = Isotonic | Scaling
Fit = Callable[[F64, Int], Map]

FEWEST = 30
"""With fewer decided items, nothing is fitted."""
FOR_VECTOR = 200
"""Vector scaling has two parameters per answer; with fewer decided items only the first choice's margin is fitted
(B7)."""
PENALTIES = (1.0, 10.0, 100.0)
FOLDS = 5


class CvScore(NamedTuple):
    """Mean log-loss of the right answers (low = good), and the share of items whose first choice is right; both 0
    without items."""

    log_loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted map over the answers ``columns``. ``how`` names it: unchanged, temperature, isotonic, or vector.

    ``items``: the number of decided items used. ``after`` is the cross-validation score with this map, ``before``
    without.
    """

    columns: tuple[str, ...]
    how: str
    map: Map
    items: int
    before: CvScore
    after: CvScore

    def apply(self, log_probs: Mapping[str, float]) -> dict[str, float]:
        """A verdict's log-probabilities, calibrated and normalized; an empty one (unreadable) stays empty, and one with
        an answer that the calibration never saw is unchanged."""
        if not log_probs or not set(log_probs) <= set(self.columns):
            return dict(log_probs)
        row_M = self.map.apply(to_rows([log_probs], self.columns))[0]
        return {name: float(value) for name, value in zip(self.columns, row_M, strict=True) if name in log_probs}

    def as_json(self) -> dict[str, Any]:
        figures = {"items": self.items, "before": self.before._asdict(), "after": self.after._asdict()}
        return {"columns": list(self.columns), "how": self.how, "map": self.map.as_json(), **figures}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Calibration:
        kind: type[Map] = Isotonic if found["map"]["kind"] == "isotonic" else Scaling
        scores = {key: CvScore(**found[key]) for key in ("before", "after")}
        return cls(**{**found, **scores, "columns": tuple(found["columns"]), "map": kind.from_json(found["map"])})


def fit(
    log_probs: Sequence[Mapping[str, float]],
    decided: Sequence[str],
    columns: Sequence[str],
    groups: Sequence[str],
    seed: int = 0,
) -> Calibration:
    """The calibration of one judge under one protocol, from its verdicts on decided items.

    ``decided`` is what a person answered: a label, ``several``, or ``none_of_these``. A label that the judge was not
    asked about counts as ``none_of_these``, which was then the right answer; an item whose right answer was not offered
    at all is left out. ``columns`` are all labels and OTHER_ANSWERS. Items of one of ``groups`` (the content hash) stay
    in one fold.
    """
    truth = [answer if answer in row else NONE_OF_THESE for row, answer in zip(log_probs, decided, strict=True)]
    kept = [i for i, row in enumerate(log_probs) if truth[i] in row]
    rows_NM = to_rows([log_probs[i] for i in kept], columns)
    truth_N = np.array([columns.index(truth[i]) for i in kept], dtype=np.int64)
    return fit_rows(rows_NM, truth_N, columns, [groups[i] for i in kept], seed)


def fit_rows(rows_NM: F64, truth_N: Int, columns: Sequence[str], groups: Sequence[str], seed: int = 0) -> Calibration:
    """Like ``fit``, from rows (``to_rows``) and the column of each right answer, which must have been offered in its
    row."""
    items, names = len(rows_NM), tuple(columns)
    best = before = _cv_score(rows_NM, truth_N)
    how: str = "unchanged"
    fit_map: Fit = _fit_nothing
    for name, candidate in _candidates(items, len(set(groups))):
        scores = _cv_score(_cross_fitted(candidate, rows_NM, truth_N, groups, seed), truth_N)
        if scores.log_loss < best.log_loss and scores.accuracy >= before.accuracy:
            how, fit_map, best = name, candidate, scores
    return Calibration(names, how, fit_map(rows_NM, truth_N), items, before, best)


def _candidates(items: int, groups: int) -> Iterator[tuple[str, Fit]]:
    if items < FEWEST or groups < FOLDS:
        return
    yield "temperature", fit_temperature
    yield "isotonic", _fit_margin
    if items >= FOR_VECTOR:
        yield from (("vector", partial(fit_vector, penalty=penalty)) for penalty in PENALTIES)


def _fit_nothing(rows_NM: F64, truth_N: Int) -> Map:
    return unchanged(rows_NM.shape[1])


def _fit_margin(rows_NM: F64, truth_N: Int) -> Map:
    top_N, margin_N = margins(rows_NM)
    return fit_isotonic(margin_N, top_N == truth_N)


def _cross_fitted(fit_map: Fit, rows_NM: F64, truth_N: Int, groups: Sequence[str], seed: int) -> F64:
    """Each row mapped by a fit on the other folds."""
    from sklearn.model_selection import GroupKFold

    found_NM = np.empty_like(rows_NM)
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=seed).split(rows_NM, groups=list(groups)):
        found_NM[test] = fit_map(rows_NM[train], truth_N[train]).apply(rows_NM[test])
    return found_NM


def _cv_score(rows_NM: F64, truth_N: Int) -> CvScore:
    if not len(rows_NM):
        return CvScore(0.0, 0.0)
    log_loss = -float(rows_NM[np.arange(len(rows_NM)), truth_N].mean())
    return CvScore(log_loss, float((rows_NM.argmax(axis=1) == truth_N).mean()))

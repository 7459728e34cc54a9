"""A report on each annotator: how many labels, how many are right, what is mixed up, and whether that changed
recently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from errata.errors import DataError
from errata.tools.detectors.annotators.confusions import Confusion, expected_counts, standing_out
from errata.tools.detectors.annotators.history import agreement
from errata.tools.detectors.annotators.votes import Votes
from errata.types import F32, F64

History = Literal["steady", "careless_now", "systematically_biased"]

FALSE_ALARMS = 0.05
"""The share of reports that may name anyone without cause, per test: the report is about people."""


@dataclass(frozen=True, slots=True)
class AnnotatorReport:
    """``accuracy`` in [0, 1]: estimated share of right labels, with a 95% interval.

    ``agreement``: the share that equals the consensus, over items that others labeled too; ``recent_agreement``: the
    same over the latest of those. Both are None if there is no such item. ``confusions``: the notable ones.
    ``history``: careless_now if recent agreement fell; otherwise systematically_biased if a confusion is notable.
    """

    annotator: int
    votes: int
    agreement: float | None
    recent_agreement: float | None
    accuracy: float
    accuracy_95: tuple[float, float]
    confusions: tuple[Confusion, ...]
    history: History


class _Accuracy(NamedTuple):
    mean_M: F64
    low_M: F64
    high_M: F64


def annotator_reports(votes: Votes, label_probs_NK: F32) -> list[AnnotatorReport]:
    """One report per annotator with a vote, in order. ``label_probs_NK``: what the votes say together.

    Long and short history are compared as in Gupta, Luo, Ngo, Das 2022, "Long-Short History of Gradients Is All You
    Need", there for clients of federated learning: whose agreement fell recently is careless, whose errors have a
    pattern is biased. Items that become harder look the same as carelessness: compare annotators who saw the same
    items. Raises DataError if the probabilities do not match the items.
    """
    if label_probs_NK.shape != (votes.num_items, votes.num_classes):
        raise DataError(f"Probabilities must be {votes.num_items} x {votes.num_classes}, got {label_probs_NK.shape}.")
    per_annotator_M = votes.per_annotator_M
    tests = np.count_nonzero(per_annotator_M)
    cells = max(votes.num_classes * (votes.num_classes - 1), 1)
    accuracy = _accuracy(votes, label_probs_NK)
    agreed = agreement(votes, label_probs_NK.argmax(axis=1), FALSE_ALARMS / tests)
    found = enumerate(_confusions(votes, label_probs_NK, FALSE_ALARMS / tests / cells))
    return [
        AnnotatorReport(
            annotator=m,
            votes=int(per_annotator_M[m]),
            agreement=_or_none(agreed.overall_M[m]),
            recent_agreement=_or_none(agreed.recent_M[m]),
            accuracy=float(accuracy.mean_M[m]),
            accuracy_95=(float(accuracy.low_M[m]), float(accuracy.high_M[m])),
            confusions=confusions,
            history=_history(bool(agreed.fell_M[m]), confusions),
        )
        for m, confusions in found
        if per_annotator_M[m]
    ]


def _history(fell: bool, confusions: tuple[Confusion, ...]) -> History:
    if fell:
        return "careless_now"
    return "systematically_biased" if confusions else "steady"


def _accuracy(votes: Votes, label_probs_NK: F32) -> _Accuracy:
    """Beta posterior (Jeffreys' prior) of the share of right labels.

    The truth is only estimated, so the votes count as the number that would leave the same doubt if it were known: n
    times the variance of right and wrong, over that plus the variance of the truth.
    """
    from scipy.special import betaincinv

    right_V = label_probs_NK[votes.item_V, votes.label_V].astype(np.float64)
    count_M = votes.per_annotator_M
    right_M = np.bincount(votes.annotator_V, right_V, votes.num_annotators)
    doubt_M = np.bincount(votes.annotator_V, right_V * (1 - right_V), votes.num_annotators)
    mean_M = (right_M + 0.5) / (count_M + 1)
    spread_M = count_M * mean_M * (1 - mean_M)
    weight_M = np.divide(spread_M, spread_M + doubt_M, out=np.ones(len(count_M)), where=count_M > 0)
    # Rounding of float32 probabilities can make the right votes slightly exceed the votes.
    wrong_M = np.maximum(count_M - right_M, 0)
    low_M, high_M = (betaincinv(right_M * weight_M + 0.5, wrong_M * weight_M + 0.5, tail) for tail in (0.025, 0.975))
    return _Accuracy(mean_M, low_M, high_M)


def _confusions(votes: Votes, label_probs_NK: F32, level: float) -> Iterator[tuple[Confusion, ...]]:
    """For each annotator in turn. Counts are computed twice, so that only one annotator's are held at a time."""
    crowd_KK = sum(_counts(votes, label_probs_NK))
    for own_KK in _counts(votes, label_probs_NK):
        yield standing_out(own_KK, np.maximum(crowd_KK - own_KK, 0), level)


def _counts(votes: Votes, label_probs_NK: F32) -> Iterator[F64]:
    order = np.argsort(votes.annotator_V, kind="stable")
    for cast in np.split(order, np.cumsum(votes.per_annotator_M)[:-1]):
        yield expected_counts(label_probs_NK[votes.item_V[cast]], votes.label_V[cast])


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

"""How often a judge was right on items with trusted labels, and so how much its verdicts count under one protocol.

A verdict counts only as far as its judge was measured. Given accuracy a, taken at its one-sided 95% lower limit, and
chance c, the accuracy of the judge's own answers shuffled among the items (at least one in K, the options shown), a
verdict adds odds of at most odds(a) / odds(c). A judge no better than chance adds nothing, and none adds less than
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from errata.types import CANNOT_TELL, F64

LIMIT = 0.05
"""One-sided: the accuracy is above the limit in 95 cases of 100."""
PRIOR_STRENGTH = 10
"""How many items of a class the overall accuracy counts as (shrinkage)."""
RELIABLE = 0.5
SUREST = 0.995
"""No judge is assumed to be right more often than this."""
GIVEN, OTHER = "\0given", "\0other"
"""What is shuffled if the given label is shown: whether the judge chose it, whatever it was."""


class TrustedAnswer(NamedTuple):
    """What a judge said about one trusted item. ``label``: the trusted one. ``given``: what it was shown as the given
    label, None if nothing was shown. ``said``: its likeliest answer, "" if it said nothing: unreadable, flat, or
    "cannot tell". ``labels``: how many were offered. ``weight`` and ``wrong`` are those of the TrustedItem."""

    idx: int
    protocol: str
    label: str
    given: str | None
    said: str
    labels: int
    weight: float = 1.0
    wrong: float = 0.0

    @property
    def right(self) -> bool:
        return self.said == self.label


@dataclass(frozen=True)
class TrackRecord:
    """Under one protocol: ``asked`` items, of which the judge ``told`` something about some and was ``right`` about
    some. ``accuracy`` and its one-sided lower limit ``at_least``, each class counting the same, in [0, 1], low = bad;
    ``chance``: the accuracy of its answers shuffled among the items. ``by_label``: label -> how often it was right when
    it named it, and how often it named it. ``among_suspects``: its accuracy there, as estimated from the scan."""

    asked: int
    told: int
    right: int
    accuracy: float
    at_least: float
    chance: float
    by_label: Mapping[str, tuple[int, int]]
    among_suspects: float | None = None

    @property
    def used(self) -> bool:
        """Whether its verdicts count: the judge is better than chance."""
        return self.at_least > self.chance

    @property
    def reliable(self) -> bool:
        """Whether it is right more often than not, on trusted items and among the suspects: a judge that is right in a
        third of the cases beats chance among ten labels, and no more."""
        return min(self.accuracy, 1.0 if self.among_suspects is None else self.among_suspects) >= RELIABLE

    def with_suspects(self, share: float) -> TrackRecord:
        """The same record, given the ratio of the judge's accuracy among the suspects to that on trusted items; the
        lower accuracy counts."""
        accuracy = min(self.accuracy * share, 1.0)
        return replace(self, at_least=min(self.at_least, accuracy), among_suspects=accuracy)

    def odds_ratio(self, label: str) -> float:
        """The most by which one verdict that favors ``label`` multiplies its odds against any other answer; >= 1."""
        return max(
            1.0, _odds(min(self.at_least, self._of_label.get(label, self.at_least), SUREST)) / _odds(self.chance)
        )

    @cached_property
    def _of_label(self) -> dict[str, float]:
        """How often it is right when it names a label: shrunk toward the overall limit, more so with fewer items."""
        return {
            label: (right + PRIOR_STRENGTH * self.at_least) / (named + PRIOR_STRENGTH)
            for label, (right, named) in self.by_label.items()
        }

    @property
    def within(self) -> float:
        """The half-width of the interval: how far it extends below the accuracy."""
        return self.accuracy - self.at_least


def track_record(answers: Sequence[TrustedAnswer]) -> TrackRecord:
    """From the answers of one judge under one protocol. Trusted items are not assumed right: the scan's estimate of
    their share of wrong labels is removed from the accuracy."""
    told = [answer for answer in answers if answer.said]
    labels = max((answer.labels for answer in answers), default=2)
    named = Counter(answer.said for answer in told)
    right = Counter(answer.said for answer in told if answer.right)
    by_label = {label: (right[label], count) for label, count in named.items()}
    if not told:
        return TrackRecord(len(answers), 0, 0, 0.0, 0.0, 1 / labels, by_label)
    weights_n = _balanced(told)
    right_n = np.array([answer.right for answer in told])
    wrong = min(float(weights_n @ [answer.wrong for answer in told]), 0.5)
    seen = float(weights_n @ right_n)
    effective = 1 / float(weights_n @ weights_n)
    return TrackRecord(
        asked=len(answers),
        told=len(told),
        right=int(right_n.sum()),
        accuracy=_corrected(seen, wrong, labels),
        at_least=_corrected(_lower_limit(seen * effective, effective), wrong, labels),
        chance=max(_when_shuffled(told, weights_n), 1 / labels),
        by_label=by_label,
    )


def accuracy_among(p_said_M: F64, labels_M: F64, expected: float, strength: float) -> float:
    """How often a judge is right on items of unknown label, from how often it agrees with what the scan considers
    likely there, in [0, 1], low = bad.

    ``p_said_M``: the scan's probability of what the judge said, among the labels it was offered; ``labels_M``: how many
    these were. Returns the likeliest accuracy if a judge that is right with accuracy a says the true label that often
    and every other one equally often. The ``expected`` accuracy from trusted items counts as ``strength`` items, and
    everything the scan says as no more than that: where labels are wrong because of how items look, a scan is sure of
    them.
    """
    accuracy_A = np.linspace(0.005, 0.995, 199)
    wrong_M = (1 - p_said_M) / np.maximum(labels_M - 1, 1)
    likely_AM = accuracy_A[:, None] * p_said_M + (1 - accuracy_A)[:, None] * wrong_M
    expected = float(np.clip(expected, 0.005, 0.995))
    prior_A = strength * (expected * np.log(accuracy_A) + (1 - expected) * np.log1p(-accuracy_A))
    scan_A = np.log(np.maximum(likely_AM, 1e-9)).sum(axis=1) * min(1.0, strength / len(p_said_M))
    return float(accuracy_A[(scan_A + prior_A).argmax()])


def _balanced(told: Sequence[TrustedAnswer]) -> F64:
    """Weights that sum to 1, with an equal share for each class."""
    weights_n = np.array([answer.weight for answer in told])
    of_class = dict[str, float]()
    for answer in told:
        of_class[answer.label] = of_class.get(answer.label, 0.0) + answer.weight
    weights_n = weights_n / np.array([of_class[answer.label] for answer in told])
    balanced: F64 = weights_n / weights_n.sum()
    return balanced


def _when_shuffled(told: Sequence[TrustedAnswer], weights_n: F64) -> float:
    said: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for answer, weight in zip(told, weights_n.tolist(), strict=True):
        said[_role(answer.said, answer)] += weight
        true[_role(answer.label, answer)] += weight
    return sum(said[role] * true[role] for role in said)


def _role(label: str, answer: TrustedAnswer) -> str:
    if answer.given is None or label == CANNOT_TELL:
        return label
    return GIVEN if label == answer.given else OTHER


def _corrected(seen: float, wrong: float, labels: int) -> float:
    """The accuracy of a judge that agrees with a share ``seen`` of labels, a share ``wrong`` of which is wrong."""
    by_luck = wrong / max(labels - 1, 1)
    return float(np.clip((seen - by_luck) / max(1 - wrong - by_luck, 1e-9), 0.0, 1.0))


def _lower_limit(right: float, asked: float) -> float:
    """Clopper and Pearson's limit (1934), for counts that may be fractional."""
    from scipy.special import betaincinv

    return 0.0 if right <= 0 else float(betaincinv(right, asked - right + 1, LIMIT))


def _odds(share: float) -> float:
    return share / (1 - share)

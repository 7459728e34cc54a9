"""How many planted errors are found, and how often the label that is proposed for them is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from errata.settings import Costs
from errata.tools.inference.calibration import Calibration
from errata.tools.inference.outcome import proposed_outcomes
from errata.tools.inference.planted_errors import KINDS, PlantedErrors, plant
from errata.tools.inference.planted_scan import PlantedScan
from errata.tools.inference.posterior import weigh
from errata.tools.inference.scan import Scan
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import F64, Bool, Int, LabelSpace

FIRST_SEED = 1000
"""Other rounds than those that the scan was calibrated on."""
PROBABLY = 0.5
MOST_ROUNDS = 100
LEAST_OF_CLASS = 20
"""Planted errors: of a class with fewer nothing is said."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Of ``planted`` errors, how many were ``found`` (something other than the given label is proposed), and of the
    ``fixes`` proposed for these, how many were ``right``."""

    planted: int = 0
    found: int = 0
    fixes: int = 0
    right: int = 0

    @property
    def found_between(self) -> tuple[float, float]:
        """The 95% interval of the share found."""
        return interval(self.found, self.planted)

    @property
    def right_between(self) -> tuple[float, float]:
        """The 95% interval of the share of the fixes that are right."""
        return interval(self.right, self.fixes)


@dataclass(frozen=True, slots=True)
class PlantedRecall:
    """``kinds``: by KINDS; ``classes``: by the replaced label, of which LEAST_OF_CLASS were planted. ``rounds``: scans
    that it took, since each class gets a few errors at a time."""

    total: Recall
    kinds: dict[str, Recall]
    classes: dict[str, Recall]
    rounds: int


def interval(count: int, among: int) -> tuple[float, float]:
    """The exact two-sided 95% interval of a share (Clopper and Pearson 1934); 0 to 1 of nothing."""
    from scipy.stats import beta

    low = 0.0 if not count else float(beta.ppf(0.025, count, among - count + 1))
    high = 1.0 if count >= among else float(beta.ppf(0.975, count + 1, among - count))
    return low, high


class PlantedRound(NamedTuple):
    """Errors planted together. ``counts_P``: not those over a label that was probably wrong itself, since such a label
    is no truth."""

    errors: PlantedErrors
    counts_P: Bool


def planted_rounds(scan: PlantedScan, given_holds_N: F64, count: int) -> list[PlantedRound]:
    """``count`` errors that count, in as many rounds as it takes; fewer if the data has no room. ``given_holds_N``: the
    probability that each label is right, before any error is planted."""
    rounds = list[PlantedRound]()
    while count > 0 and len(rounds) < MOST_ROUNDS:
        errors = plant(scan.given.labels_N, scan.probs_NK, scan.joint_KK, FIRST_SEED + len(rounds), count)
        if not len(errors.items_P):
            break
        rounds.append(PlantedRound(errors, given_holds_N[errors.items_P] > PROBABLY))
        count -= int(rounds[-1].counts_P.sum())
    return rounds


@dataclass
class Tally:
    """What became of planted errors, round by round. ``labels_N``: the labels before any error was planted."""

    labels_N: Int
    names: Sequence[str]
    _outcomes: list[_Outcome] = field(default_factory=list)
    _rounds: int = 0

    def add(self, planted: PlantedRound, words: Sequence[str | None], best: Sequence[str | None]) -> None:
        """``words``: the outcome proposed for each error, if any; ``best``: the label that it names."""
        errors, self._rounds = planted.errors, self._rounds + 1
        true = [self.names[label] for label in self.labels_N[errors.items_P]]
        each = zip(errors.kinds_P.tolist(), true, words, best, planted.counts_P.tolist(), strict=True)
        for kind, label, word, other, counts in each:
            if counts:
                found, fix = word not in (None, "keep"), word == "relabel"
                self._outcomes.append(_Outcome(KINDS[kind], label, found, fix, fix and other == label))

    def recall(self) -> PlantedRecall:
        each = self._outcomes
        kinds = {kind: _recall(one for one in each if one.kind == kind) for kind in KINDS}
        sizes = Counter(one.label for one in each)
        large = [label for label in self.names if sizes[label] >= LEAST_OF_CLASS]
        classes = {label: _recall(one for one in each if one.label == label) for label in large}
        return PlantedRecall(_recall(each), kinds, classes, self._rounds)


def planted_recall(
    labels_N: Int,
    rounds: Sequence[PlantedRound],
    scans: Iterable[Scan],
    space: LabelSpace,
    calibration: Calibration,
    ratio: float,
    costs: Costs,
) -> PlantedRecall:
    """What came of each round by a scan with its errors in the labels. ``labels_N``: the labels without them."""
    tally = Tally(labels_N, space.names)
    for planted, scan in zip(rounds, scans, strict=True):
        no_verdicts, with_errors_N = VerdictColumns.of((), space), planted.errors.into(labels_N)
        table = weigh(with_errors_N, scan.label_probs, scan.noise, no_verdicts, calibration=calibration)
        table = table.only(planted.errors.items_P)
        tally.add(planted, proposed_outcomes(table, ratio, costs), table.challengers)
    return tally.recall()


class _Outcome(NamedTuple):
    """Of one planted error: its kind, the replaced label, whether it was found, a fix proposed, and the fix right."""

    kind: str
    label: str
    found: bool
    fix: bool
    right: bool


def _recall(outcomes: Iterable[_Outcome]) -> Recall:
    each = list(outcomes)
    found, fixes, right = (sum(getattr(one, name) for one in each) for name in ("found", "fix", "right"))
    return Recall(len(each), found, fixes, right)

"""How many planted errors a scan finds, and how often the label that it proposes for them is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from errata.settings import Costs
from errata.tools.inference.calibration import Calibration
from errata.tools.inference.outcome import proposed_outcomes
from errata.tools.inference.planted_errors import KINDS, PlantedErrors, plant
from errata.tools.inference.planted_scan import PlantedScan
from errata.types import LabelSpace

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


def planted_recall(
    scan: PlantedScan,
    space: LabelSpace,
    calibration: Calibration,
    count: int,
    ratio: float,
    costs: Costs,
    progress: Callable[[int, int], None],
) -> PlantedRecall:
    """Plant ``count`` errors, in as many rounds as it takes, and scan each round; none if the data has no room.

    An error planted over a label that was probably wrong itself counts for nothing: the replaced label is no truth.
    """
    labels_N, outcomes = scan.given.labels_N, list[_Outcome]()
    probably_right_N = scan.posterior(labels_N, space, calibration).given_holds_N > PROBABLY
    rounds = 0
    while len(outcomes) < count:
        errors = plant(labels_N, scan.probs_NK, scan.joint_KK, FIRST_SEED + rounds, count - len(outcomes))
        if not len(errors.items_P):
            break
        table = scan.posterior(errors.into(labels_N), space, calibration).only(errors.items_P)
        each = _each(
            errors,
            [space.names[label] for label in labels_N[errors.items_P]],
            proposed_outcomes(table, ratio, costs),
            table.challengers,
        )
        counts = probably_right_N[errors.items_P].tolist()
        outcomes += [one for one, counted in zip(each, counts, strict=True) if counted]
        rounds += 1
        if rounds == MOST_ROUNDS:
            break
        progress(len(outcomes), count)
    kinds = {kind: _recall(one for one in outcomes if one.kind == kind) for kind in KINDS}
    sizes = {label: sum(one.label == label for one in outcomes) for label in space.names}
    large = [label for label, size in sizes.items() if size >= LEAST_OF_CLASS]
    classes = {label: _recall(one for one in outcomes if one.label == label) for label in large}
    return PlantedRecall(_recall(outcomes), kinds, classes, rounds)


class _Outcome(NamedTuple):
    """Of one planted error: its kind, the replaced label, whether it was found, a fix proposed, and the fix right."""

    kind: str
    label: str
    found: bool
    fix: bool
    right: bool


def _each(
    errors: PlantedErrors, true: Sequence[str], words: Sequence[str | None], best: Sequence[str | None]
) -> Iterator[_Outcome]:
    for kind, label, word, other in zip(errors.kinds_P.tolist(), true, words, best, strict=True):
        fix = word == "relabel"
        yield _Outcome(KINDS[kind], label, word is not None, fix, fix and other == label)


def _recall(outcomes: Iterable[_Outcome]) -> Recall:
    each = list(outcomes)
    found, fixes, right = (sum(getattr(one, name) for one in each) for name in ("found", "fix", "right"))
    return Recall(len(each), found, fixes, right)

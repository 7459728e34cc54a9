"""The honest error count: how many labels are wrong, within which bounds, and on what basis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Z_95 = 1.959964
"""Half-width of a 95% interval, in standard deviations."""

ALIKE = 0.5
"""Standard deviation of an error that all uncertain items share, as a share of their summed variance."""
EXACT_BELOW = 100
"""Larger figures are given with two digits: the third is unknown."""

UNCHECKED = "unchecked estimate"
WRONG, DISPUTED = "wrong label", "disagreement"


@dataclass(frozen=True, slots=True)
class WrongCount:
    """About ``estimate`` of ``items`` labels are wrong, ``low`` to ``high``; 0 <= low <= high <= items. ``noun``:
    what a wrong label is called; where only votes say what is right, nobody is wrong. ``checked``: the size of the
    random check that the figures come from; 0 if nothing confirms them. ``units``: what is counted, items or labels."""

    estimate: float
    low: float
    high: float
    items: int
    noun: str = WRONG
    checked: int = 0
    units: str = "items"

    @property
    def share(self) -> float:
        """The share of the items, in [0, 1]; 0 if there are none."""
        return self.estimate / self.items if self.items else 0.0

    @property
    def low_share(self) -> float:
        return self.low / self.items if self.items else 0.0

    @property
    def high_share(self) -> float:
        return self.high / self.items if self.items else 0.0

    @property
    def figures(self) -> str:
        """``about 310 wrong labels, 240 to 390``; the interval is rounded outward."""
        if not self.items:
            return "no label could be checked"
        about = _said(self.estimate, round)
        return f"about {about} {self.noun}{'' if about == '1' else 's'}, {self._interval}"

    @property
    def basis(self) -> str:
        """What the figures rest on."""
        return f"from a random check of {self.checked:,}" if self.checked else UNCHECKED

    @property
    def sentence(self) -> str:
        """What every screen says: ``about 310 wrong labels, 240 to 390: unchecked estimate``, or ``of 1,100 items about
        310 are wrong, 240 to 390, from a random check of 200``."""
        if not self.checked:
            return f"{self.figures}: {self.basis}"
        about = _said(self.estimate, round)
        are = f"{'is' if about == '1' else 'are'} {'disputed' if self.noun == DISPUTED else 'wrong'}"
        return f"of {self.items:,} {self.units} about {about} {are}, {self._interval}, {self.basis}"

    @property
    def _interval(self) -> str:
        most = f"{self.items:,}" if self.high >= self.items else _said(self.high, math.ceil)
        return f"{_said(self.low, math.floor)} to {most}"


def count_wrong(quality: Sequence[float], *others: Sequence[float], noun: str = WRONG) -> WrongCount:
    """How many labels are wrong, from each item's probability that its given label is right (low = bad).

    The estimate is the expected number. Its interval treats the items as independent, and also allows the scan to
    misjudge many uncertain items in the same direction (ALIKE). ``others``: what another measure says about the same
    items, in the same form; the interval includes its sum. Only a random check can confirm any of it; hence
    "unchecked". Items whose ``quality`` is NaN (no label, or unreadable content) are left out.
    """
    quality_N = np.asarray(quality, np.float64)
    known_N = ~np.isnan(quality_N)
    wrong_N = 1 - quality_N[known_N]
    doubt = float((wrong_N * (1 - wrong_N)).sum())
    spread = Z_95 * math.sqrt(doubt + (ALIKE * doubt) ** 2)
    estimate, items = float(wrong_N.sum()), int(known_N.sum())
    sums = [float((1 - np.asarray(other, np.float64)[known_N]).sum()) for other in others]
    return WrongCount(
        estimate,
        max(0.0, min(estimate - spread, *sums, estimate)),
        min(items, max(estimate + spread, *sums, 0.0)),
        items,
        noun,
    )


def _said(figure: float, to_whole: Callable[[float], int]) -> str:
    step = 1 if figure < EXACT_BELOW else 10 ** (math.floor(math.log10(figure)) - 1)
    # Sums of probabilities miss a whole number by about 1e-12, which must not push a bound outward.
    return f"{to_whole(round(figure / step, 6)) * step:,}"

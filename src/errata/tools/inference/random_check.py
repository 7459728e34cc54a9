"""How many of a population are wrong, from a uniform random sample that people looked at: exact, for any population.

Limits of Clopper and Pearson (1934) for sampling without replacement: those counts of the population that the sample
does not refute at 2.5% on either side, by the hypergeometric distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from errata.types import Int

ALPHA = 0.05
REPEATED = 0.05
"""The share of a sample that each person is shown twice."""
APART = 20
"""Items between the two times, at least; half the sample, if that is less."""


def sample_of(population: Int, size: int, seed: int) -> tuple[list[int], tuple[int, ...]]:
    """``size`` of these, all if there are fewer, each as likely as any other, in the order drawn; and how they are to
    be shown: by their position in the sample, some a second time, well after the first."""
    rng = np.random.default_rng(seed)
    sample = rng.choice(population, min(size, len(population)), replace=False).tolist()
    apart = min(APART, len(sample) // 2)
    again = rng.choice(len(sample) - apart, round(REPEATED * len(sample)), replace=False)
    later = [(float(rng.integers(first + apart, len(sample))) + 0.5, first) for first in again.tolist()]
    shown = sorted([*((float(first), first) for first in range(len(sample))), *later])
    return sample, tuple(first for _, first in shown)


@dataclass(frozen=True)
class Checked:
    """Of a ``population``, ``sample`` were drawn; ``wrong`` of these are wrong, and of ``unknown`` more nobody could
    tell, or has said yet. 0 <= wrong + unknown <= sample <= population."""

    population: int
    sample: int
    wrong: int
    unknown: int = 0

    @property
    def estimate(self) -> float:
        """How many of the population are wrong, as far as the sample is known; 0 if none of it is."""
        known = self.sample - self.unknown
        return self.population * self.wrong / known if known else 0.0

    @cached_property
    def limits(self) -> tuple[int, int]:
        """Between which counts the wrong ones of the population lie, with 95% confidence. What is unknown counts as
        right for the lower limit and as wrong for the upper one, so they hold whoever leaves the check when."""
        most_wrong = self.wrong + self.unknown
        fewest, most = self.wrong, self.population - (self.sample - most_wrong)
        low = _first(fewest, most, lambda count: self._at_least(self.wrong, count) > ALPHA / 2)
        high = _first(low, most + 1, lambda count: count > most or self._at_most(most_wrong, count) <= ALPHA / 2) - 1
        return low, max(high, low)

    @property
    def unseen(self) -> int:
        """How many of the population were not drawn, so that nobody looked at them in the check."""
        return self.population - self.sample

    def unseen_limits(self, of: int | None = None) -> tuple[int, int]:
        """Between which counts the wrong ones lie among the unseen, or among any ``of`` of them that are chosen by
        whatever rule: 0 <= of <= unseen."""
        of = self.unseen if of is None else of
        low, high = self.limits
        fewest, most = low - self.wrong, high - (self.wrong + self.unknown)
        return max(0, fewest - (self.unseen - of)), min(of, most)

    def _at_least(self, found: int, count: int) -> float:
        from scipy.stats import hypergeom  # imported late: most commands have no check to tell of

        return float(hypergeom.sf(found - 1, self.population, count, self.sample))

    def _at_most(self, found: int, count: int) -> float:
        from scipy.stats import hypergeom

        return float(hypergeom.cdf(found, self.population, count, self.sample))


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first number from ``low`` on for which ``holds``, which then holds for all larger ones; ``high`` if for none
    below it."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low

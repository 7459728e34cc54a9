"""Trusted items: items that the scan does not suspect, drawn to measure a judge's accuracy before its verdicts count.

They are not only the surest items: a judge does worse where the scan is unsure, which is where it will be asked. So
items are drawn in every class from each third of the scan's certainty, and the thirds most like the suspects weigh
most.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from errata.types import F64, Bool, Int

THIRDS = 3
ENOUGH = 48
"""If fewer items are trusted, the surest suspects are added."""
EVEN_SHARE = 0.5
"""The share of the weight that is spread evenly over the thirds. Without it, nearly all weight would be on the least
certain third, since nearly all suspects are less certain than any other item."""


class TrustedItem(NamedTuple):
    """``weight``: how much its answer counts, 1 on average. ``wrong`` in [0, 1], high = bad: the scan's probability
    that its given label is wrong after all."""

    idx: int
    weight: float
    wrong: float


def draw_trusted(
    given_N: Int, holds_N: F64, suspects_n: Int, shas: Sequence[str], count: int
) -> tuple[TrustedItem, ...]:
    """Up to ``count`` items, ordered so that every prefix is spread evenly over classes and thirds.

    ``holds_N`` f64[N], low = bad: how likely each given label is right by the scan; NaN if an item may not be drawn.
    ``suspects_n``: items that are not trusted, unless nearly everything is a suspect; then the surest of them are
    added, with the scan's probability that they are wrong. Drawn by content hash, so that slightly changed data gives
    mostly the same items, whose answers are already paid for.
    """
    usable_N = np.isfinite(holds_N) & (given_N >= 0)
    rows_n = _least_suspicious(usable_N, holds_N, suspects_n)
    if not len(rows_n):
        return ()
    edges = np.quantile(holds_N[rows_n], np.linspace(0, 1, THIRDS + 1)[1:-1])
    third_n = np.searchsorted(edges, holds_N[rows_n], side="right")
    suspected_n = holds_N[suspects_n][np.isfinite(holds_N[suspects_n])]
    alike_T = np.bincount(np.searchsorted(edges, suspected_n, side="right"), minlength=THIRDS) / max(
        len(suspected_n), 1
    )
    order = _in_turn(given_N[rows_n], third_n, [shas[row] for row in rows_n.tolist()])[:count]
    drawn_T = np.bincount(third_n[order], minlength=THIRDS) / max(len(order), 1)
    wanted_T = EVEN_SHARE * drawn_T + (1 - EVEN_SHARE) * alike_T
    weight_T = wanted_T / np.maximum(drawn_T, 1e-12)
    return tuple(TrustedItem(int(rows_n[n]), float(weight_T[third_n[n]]), float(1 - holds_N[rows_n[n]])) for n in order)


def _least_suspicious(usable_N: Bool, holds_N: F64, suspects_n: Int) -> Int:
    """The rows to draw from."""
    trusted_N = usable_N.copy()
    trusted_N[suspects_n] = False
    rows_n, suspected_n = np.flatnonzero(trusted_N), np.flatnonzero(usable_N & ~trusted_N)
    missing = max(ENOUGH - len(rows_n), 0)
    surest_n = suspected_n[np.argsort(-holds_N[suspected_n], kind="stable")][:missing]
    return np.sort(np.concatenate([rows_n, surest_n]))


def _in_turn(given_n: Int, third_n: Int, shas: Sequence[str]) -> list[int]:
    """The order in which places are drawn: the first of every class and third, then the second, ..."""
    by_hash = sorted(range(len(shas)), key=shas.__getitem__)
    seen: dict[tuple[int, int], int] = {}
    turns = []
    for n in by_hash:
        stratum = (int(given_n[n]), int(third_n[n]))
        seen[stratum] = seen.get(stratum, -1) + 1
        # Classes take turns within a third and thirds within a round, so that every prefix has all thirds.
        turns.append((seen[stratum], (stratum[1] + stratum[0]) % THIRDS, shas[n], n))
    return [turn[-1] for turn in sorted(turns)]

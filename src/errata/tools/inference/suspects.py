"""Which items are suspects (the only definition), and in which order a judge looks at them.

A suspect is an item whose given label is right with a probability below CLEARLY_RIGHT by all evidence of the scan, or
that any detector flags. An open proposal is something else: a proposal on an item, suspect or not, that no one has
decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from errata.types import F32, Bool, Int

CLEARLY_RIGHT = 0.95
"""An item whose given label is right with at least this probability is left alone, unless a detector flags it."""


class Ranked(NamedTuple):
    """Item indices: ``suspects``, lowest quality first, and other items, ``drawn`` at random."""

    suspects: Int
    drawn: Int


def rank_suspects(
    given_holds_N: np.ndarray, quality_N: F32, flags: Sequence[Bool], content_shas: Sequence[str], share: float
) -> Ranked:
    """The suspects, and a random ``share`` of all other items.

    ``given_holds_N`` f64[N] in [0, 1], low = bad, NaN for items that cannot be judged. The random items show what the
    detectors miss; they are drawn by content, so a later run draws the same content again.
    """
    flagged_N = np.any(np.stack(flags), axis=0) if flags else np.zeros(len(given_holds_N), bool)
    with np.errstate(invalid="ignore"):
        suspect_N = (given_holds_N < CLEARLY_RIGHT) | flagged_N
    suspect_N &= ~np.isnan(given_holds_N)
    drawn_N = np.array([_fraction(sha) < share for sha in content_shas], bool) & ~suspect_N & ~np.isnan(given_holds_N)
    suspects = np.flatnonzero(suspect_N)
    return Ranked(suspects[np.argsort(quality_N[suspects], kind="stable")], np.flatnonzero(drawn_N))


def _fraction(sha: str) -> float:
    return int(sha[:8], 16) / 2**32

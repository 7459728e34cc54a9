"""Which items deserve a judge's look, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from errata.types import F32, Bool, Int

CLEARLY_RIGHT = 0.95
"""An item whose given label holds with at least this probability is left alone, unless a detector flags it."""


def rank_suspects(
    given_holds_N: np.ndarray, quality_N: F32, flags: Sequence[Bool], content_shas: Sequence[str], share: float
) -> Int:
    """Indices of the suspects, those of the lowest quality first, then a random ``share`` of all other items.

    ``given_holds_N`` f64[N] in [0, 1], low = bad, NaN for items that cannot be judged. The random few show what the
    detectors overlook; they are drawn by content, so that the same content is drawn again tomorrow.
    """
    flagged_N = np.any(np.stack(flags), axis=0) if flags else np.zeros(len(given_holds_N), bool)
    with np.errstate(invalid="ignore"):
        suspect_N = (given_holds_N < CLEARLY_RIGHT) | flagged_N
    suspect_N &= ~np.isnan(given_holds_N)
    drawn_N = np.array([_fraction(sha) < share for sha in content_shas], bool) & ~suspect_N & ~np.isnan(given_holds_N)
    suspects = np.flatnonzero(suspect_N)
    return np.concatenate([suspects[np.argsort(quality_N[suspects], kind="stable")], np.flatnonzero(drawn_N)])


def _fraction(sha: str) -> float:
    return int(sha[:8], 16) / 2**32

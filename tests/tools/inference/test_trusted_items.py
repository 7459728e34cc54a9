"""Trusted items are drawn from every class and every third of the scan's certainty, and never among suspects."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from errata.tools.inference.trusted_items import THIRDS, draw_trusted
from errata.types import sha_of

N, CLASSES = 600, 4
GIVEN_N = np.arange(N) % CLASSES
HOLDS_N = np.random.default_rng(0).uniform(0.5, 1.0, N)
SUSPECTS_n = np.argsort(HOLDS_N)[:60]
SHAS = [sha_of(n) for n in range(N)]


def third(idx: int) -> int:
    trusted = np.delete(HOLDS_N, SUSPECTS_n)
    return int(np.searchsorted(np.quantile(trusted, [1 / 3, 2 / 3]), HOLDS_N[idx], side="right"))


def test_every_beginning_is_spread_over_classes_and_thirds() -> None:
    drawn = draw_trusted(GIVEN_N, HOLDS_N, SUSPECTS_n, SHAS, 100)
    assert len({one.idx for one in drawn}) == 100 and not {one.idx for one in drawn} & set(SUSPECTS_n.tolist())
    for count in (24, 48, 96):
        of_class = Counter(int(GIVEN_N[one.idx]) for one in drawn[:count])
        of_third = Counter(third(one.idx) for one in drawn[:count])
        assert max(of_class.values()) - min(of_class.values()) <= CLASSES
        assert len(of_third) == THIRDS and min(of_third.values()) >= count // THIRDS - CLASSES


def test_those_most_like_suspects_count_most_and_weights_average_one() -> None:
    drawn = draw_trusted(GIVEN_N, HOLDS_N, SUSPECTS_n, SHAS, 96)
    weights = {third(one.idx): one.weight for one in drawn}
    assert weights[0] > 1 > weights[1] == weights[2] > 0
    assert np.mean([one.weight for one in drawn]) == pytest.approx(1, abs=0.05)
    assert all(one.wrong == pytest.approx(1 - HOLDS_N[one.idx]) for one in drawn)


def test_slightly_changed_data_draws_mostly_the_same() -> None:
    before = {SHAS[one.idx] for one in draw_trusted(GIVEN_N, HOLDS_N, SUSPECTS_n, SHAS, 48)}
    kept = np.arange(N) != 7
    place = np.cumsum(kept) - 1
    suspects = place[SUSPECTS_n[SUSPECTS_n != 7]]
    shas = [sha for n, sha in enumerate(SHAS) if n != 7]
    after = {shas[one.idx] for one in draw_trusted(GIVEN_N[kept], HOLDS_N[kept], suspects, shas, 48)}
    assert len(before & after) >= 40


def test_items_that_may_not_be_used_are_not_drawn() -> None:
    holds_N = np.full(N, np.nan)
    assert draw_trusted(GIVEN_N, holds_N, SUSPECTS_n, SHAS, 24) == ()
    holds_N[[3, 5]] = 0.9
    assert {one.idx for one in draw_trusted(GIVEN_N, holds_N, np.array([], np.int64), SHAS, 24)} == {3, 5}

"""Pairs that do not fit: found among made vectors, with and without a space in which both parts are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from errata.tools.detectors.tasks.pair_fit import FEWEST, FEWEST_WRONG, fits
from errata.tools.features.embedder import unit_rows
from errata.types import F32, Bool
from evals.ranking import ap

ROWS, TOPICS, WRONG = 400, 12, 0.15


class Made(NamedTuple):
    one_ND: F32
    other_NE: F32
    wrong_N: Bool
    in_one_space: tuple[F32, F32]


def made(share: float = WRONG, seed: int = 0) -> Made:
    """Two views of topics, and one of their details that only a shared space tells."""
    rng = np.random.default_rng(seed)
    topic_N, detail_NF = rng.integers(0, TOPICS, ROWS), rng.normal(size=(ROWS, 8))
    told_N, wrong_N = topic_N.copy(), rng.random(ROWS) < share
    rows = np.flatnonzero(wrong_N)
    told_N[rows] = (topic_N[rows] + rng.integers(1, TOPICS, len(rows))) % TOPICS
    seen_NF = np.where(wrong_N[:, None], rng.normal(size=(ROWS, 8)), detail_NF)
    ways_TD, ways_TE = rng.normal(size=(TOPICS, 20)), rng.normal(size=(TOPICS, 30))
    one_ND = unit_rows(ways_TD[topic_N] + 0.5 * rng.normal(size=(ROWS, 20)))
    other_NE = unit_rows(ways_TE[told_N] + 0.5 * rng.normal(size=(ROWS, 30)))
    left_NF, right_NF = (unit_rows(x_NF + 0.5 * rng.normal(size=(ROWS, 8))) for x_NF in (detail_NF, seen_NF))
    return Made(one_ND, other_NE, wrong_N, (left_NF, right_NF))


def test_pairs_that_do_not_fit_are_the_least_probable_and_about_as_many_as_there_are() -> None:
    data = made()
    fits_N = fits(data.one_ND, data.other_NE, data.in_one_space)
    assert ap(data.wrong_N, fits_N) > 0.95
    assert (1 - fits_N).mean() == pytest.approx(data.wrong_N.mean(), abs=0.04)
    proposed_N = fits_N < 0.5
    assert data.wrong_N[proposed_N].mean() > 0.8 and proposed_N[data.wrong_N].mean() > 0.8


def test_a_space_of_both_parts_adds_what_similar_pairs_cannot_tell() -> None:
    data = made()
    blurred = unit_rows(data.one_ND + 0.5 * np.random.default_rng(1).normal(size=data.one_ND.shape))
    alone_N, both_N = fits(blurred, data.other_NE), fits(blurred, data.other_NE, data.in_one_space)
    assert ap(data.wrong_N, both_N) > ap(data.wrong_N, alone_N) + 0.05


def test_without_one_pairs_are_ranked_and_none_is_called_wrong() -> None:
    data = made()
    fits_N = fits(data.one_ND, data.other_NE)
    assert ap(data.wrong_N, fits_N) > 0.6 and fits_N.min() >= 0.5


def test_where_all_pairs_fit_hardly_any_is_called_wrong() -> None:
    data = made(share=0.0)
    fits_N = fits(data.one_ND, data.other_NE, data.in_one_space)
    assert (1 - fits_N).mean() == pytest.approx(FEWEST_WRONG, abs=0.02) and (fits_N < 0.5).mean() < 0.04


def test_of_very_few_pairs_nothing_is_said() -> None:
    data = made()
    few = slice(FEWEST - 1)
    assert (fits(data.one_ND[few], data.other_NE[few]) == 0.5).all()

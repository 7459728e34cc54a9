"""What people decided takes over from what planted errors taught, for items like those that they decided."""

from __future__ import annotations

import numpy as np
import pytest

from errata.tools.inference.calibration import Calibration
from errata.tools.inference.correction import FEWEST, Correction, correct
from errata.types import F64, Bool


def decided(level: float, slope: float, count: int = 400) -> tuple[F64, Bool]:
    """Log-odds of items, and whether their labels are wrong: as often as the line says."""
    rng = np.random.default_rng(0)
    odds_D = rng.uniform(-2, 4, count)
    return odds_D, rng.random(count) < 1 / (1 + np.exp(-(level + slope * odds_D)))


@pytest.mark.parametrize(("level", "slope"), [(0.0, 1.0), (1.5, 0.7), (-2.0, 1.0)])
def test_confidence_follows_what_people_found(level: float, slope: float) -> None:
    odds_D, wrong_D = decided(level, slope)
    found = correct(odds_D, wrong_D, np.ones(len(odds_D)))
    assert found is not None
    confidence_D = 1 / (1 + np.exp(-found.odds(odds_D)))
    assert confidence_D.mean() == pytest.approx(wrong_D.mean(), abs=0.03)


def test_few_decisions_correct_little_and_fewer_nothing() -> None:
    odds_D, wrong_D = decided(3.0, 1.0, FEWEST)
    few, many = correct(odds_D, wrong_D, np.ones(FEWEST)), correct(*decided(3.0, 1.0), np.ones(400))
    assert few is not None and many is not None
    assert few.level < many.level
    assert correct(odds_D[1:], wrong_D[1:], np.ones(FEWEST - 1)) is None


def test_a_decision_that_saw_the_proposal_counts_less() -> None:
    odds_D, wrong_D = decided(3.0, 1.0, 60)
    blind, seen = (correct(odds_D, wrong_D, np.full(60, weight)) for weight in (1.0, 0.5))
    assert blind is not None and seen is not None
    assert 0 < seen.level < blind.level


def test_items_unlike_those_that_were_decided_stay_as_they_are_and_in_order() -> None:
    found = Correction(level=2.0, slope=0.5, low=0.0, high=3.0)
    odds_N = np.linspace(-6, 9, 100)
    corrected_N = found.odds(odds_N)
    assert (np.diff(corrected_N) >= 0).all()
    assert corrected_N[odds_N < 0].tolist() == odds_N[odds_N < 0].tolist()
    assert corrected_N[odds_N > 4].tolist() == odds_N[odds_N > 4].tolist()


def test_a_calibration_without_planted_errors_applies_a_correction() -> None:
    logs_NC = np.log([[0.5, 0.5]])
    corrected_NC = Calibration(correction=Correction(1.0, 1.0, -1.0, 1.0)).applied(logs_NC, np.zeros(1, np.int64))
    assert corrected_NC[0, 1] - corrected_NC[0, 0] == pytest.approx(1.0)

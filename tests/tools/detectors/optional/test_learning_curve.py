"""When a class has been learned: curves that rise fast, slowly, at once and never."""

import numpy as np
import pytest

from errata.tools.detectors.optional.learning_curve import learned_by


def test_a_class_has_been_learned_once_its_curve_is_flat() -> None:
    epochs = np.arange(1, 31)
    fast, slow = 0.9 * (1 - np.exp(-1.0 * epochs)), 0.9 * (1 - np.exp(-0.1 * epochs))
    # The slope of the first falls by e at each epoch: nine tenths are gone after log(10) = 2.3 epochs more.
    assert learned_by(np.array([fast, slow])).tolist() == pytest.approx([4, 25], abs=2)
    assert learned_by(np.ones((1, 30))).tolist() == [1]


def test_a_class_that_is_never_learned_is_followed_to_the_end() -> None:
    assert learned_by(np.zeros((1, 30))).tolist() == [30]
    assert learned_by(np.array([np.linspace(0.01, 1, 30)])).tolist() == [30]

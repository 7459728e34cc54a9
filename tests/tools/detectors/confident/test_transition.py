"""The noise channel: read off a joint by hand, safe on degenerate input."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.confident.transition import NoiseChannel, from_joint


def test_what_is_true_given_a_label_follows_bayes_by_hand() -> None:
    channel = NoiseChannel(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0.4, 0.6]))
    assert channel.true_given().tolist() == [[1, 0], pytest.approx([0.25, 0.75])]


def test_a_joint_gives_the_channel_and_the_prior_by_hand() -> None:
    channel = from_joint([[30, 5], [10, 15]])  # given 0: 30 truly 0 and 5 truly 1; given 1: 10 and 15.
    assert channel.transition_KK.tolist() == [[0.75, 0.25], [0.25, 0.75]]
    assert channel.prior_K.tolist() == pytest.approx([40 / 60, 20 / 60])


def test_invalid_arrays_are_refused() -> None:
    with pytest.raises(DataError, match="square"):
        from_joint(np.zeros((2, 3)))
    with pytest.raises(DataError, match="something in it"):
        from_joint(np.zeros((2, 2)))

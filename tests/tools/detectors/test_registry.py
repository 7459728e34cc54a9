"""The detectors by name."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors import DETECTORS, DetectorInput, runnable


def test_only_detectors_whose_arrays_are_at_hand_can_run():
    assert runnable(embeddings=False, probs=True) == ["confident_learning"]
    assert runnable(embeddings=True, probs=False) == ["neighbors", "discriminant"]
    assert runnable(embeddings=True, probs=True) == list(DETECTORS)


@pytest.mark.parametrize("name", list(DETECTORS))
def test_every_detector_keeps_the_contract_of_scores(name):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 10)
    probs = rng.dirichlet(np.ones(3), 30).astype(np.float32)
    scores = DETECTORS[name](DetectorInput(labels, 3, rng.normal(size=(30, 4)).astype(np.float32), probs))
    assert scores.quality.dtype == np.float32
    assert scores.flag.dtype == np.bool_
    assert ((scores.quality >= 0) & (scores.quality <= 1)).all()
    np.testing.assert_allclose(scores.label_probs.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", list(DETECTORS))
def test_a_detector_without_its_array_says_what_it_needs(name):
    with pytest.raises(DataError, match="needs"):
        DETECTORS[name](DetectorInput(np.array([0, 1]), 2))

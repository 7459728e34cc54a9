"""Probabilities of a run: an array of all, or the likeliest of each item in one file of that size."""

from pathlib import Path

import numpy as np

from errata.agent.evidence.prob_arrays import load_kept, save_kept
from errata.tools.detectors.arrays.held_rows import held
from errata.tools.detectors.arrays.top_probs import TopProbs
from errata.tools.store.arrays import Arrays


def test_what_is_held_is_read_back_without_the_rest(tmp_path: Path) -> None:
    probs = np.random.default_rng(0).dirichlet(np.full(500, 0.05), 200).astype(np.float32)
    top, arrays = held(probs, probs.argmin(axis=1), 16), Arrays(tmp_path)
    save_kept(arrays, "probs", top)
    found = load_kept(arrays, "probs", 500)
    assert isinstance(found, TopProbs) and found.shape == (200, 500)
    np.testing.assert_array_equal(found[:], top[:])
    np.testing.assert_array_equal(found[3], top[3])
    assert (tmp_path / "probs.npy").stat().st_size < probs.nbytes / 10


def test_an_array_stays_one(tmp_path: Path) -> None:
    probs, arrays = np.full((4, 2), 0.5, np.float32), Arrays(tmp_path)
    save_kept(arrays, "probs", probs)
    np.testing.assert_array_equal(load_kept(arrays, "probs", 2)[:], probs)

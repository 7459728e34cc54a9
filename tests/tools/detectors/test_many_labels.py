"""A scan of very many labels: as with arrays where all labels are held, close to it where few are, and never N x K."""

from __future__ import annotations

import os
import tracemalloc
from typing import Any

import numpy as np
import pytest

from errata.tools.detectors.arrays.held_rows import held
from errata.tools.detectors.arrays.top_probs import TopProbs
from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.confident.channel_quality import channel_quality
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.tools.detectors.neighbors.propagation import averaged, averaged_rows
from errata.tools.detectors.probs import discriminant, ensemble
from errata.tools.inference.candidates import candidates
from errata.tools.inference.evidence import from_detectors
from errata.tools.inference.label_noise import label_noise
from errata.tools.inference.planted_errors import plant
from errata.types import F32, Bool, Int

CLASSES = 60


def clouds(items: int = 1800, classes: int = CLASSES, width: int = 24) -> tuple[F32, Int, Bool]:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, classes, items)
    vectors = 2 * rng.standard_normal((classes, width))[truth] + rng.standard_normal((items, width))
    wrong = rng.random(items) < 0.08
    return vectors.astype(np.float32), np.where(wrong, (truth + 7) % classes, truth), wrong


def test_with_all_labels_held_the_ensemble_is_as_with_arrays() -> None:
    vectors, labels, _ = clouds()
    near, copies = neighbors(vectors), np.where(np.arange(1800) < 30, np.arange(1800) // 3, -1)
    for of in (None, copies):
        arrays = ensemble.leave_one_out(vectors, labels, CLASSES, near, copies_N=of)
        found = ensemble.left_out_probs(vectors, labels, CLASSES, near, CLASSES, copies_N=of)
        assert isinstance(found, TopProbs)
        np.testing.assert_allclose(found[:], arrays, atol=1e-5)


def test_with_few_labels_held_the_ranking_stays() -> None:
    vectors, labels, wrong = clouds()
    near = neighbors(vectors)
    arrays = ensemble.leave_one_out(vectors, labels, CLASSES, near)
    found = ensemble.left_out_probs(vectors, labels, CLASSES, near, 12)
    np.testing.assert_allclose(found[:].sum(axis=1), 1, rtol=1e-4)
    assert (found[:].argmax(axis=1) == arrays.argmax(axis=1)).mean() > 0.99
    suspects = np.argsort(channel_quality(labels, arrays))[: wrong.sum()]
    again = np.argsort(channel_quality(labels, found))[: wrong.sum()]
    assert len(np.intersect1d(suspects, again)) > 0.95 * wrong.sum()


def test_progress_and_labels_without_items_are_as_with_arrays() -> None:
    vectors, labels, _ = clouds(400)
    labels, done = np.where(labels == 3, 4, labels), list[int]()
    found = ensemble.left_out_probs(vectors, labels, CLASSES, neighbors(vectors), CLASSES, done.append)
    assert done == [1, ensemble.ROUNDS]
    assert not found[:][:, 3].any()


def test_means_over_neighbors_are_those_of_the_array() -> None:
    vectors, labels, _ = clouds(300)
    probs = discriminant.leave_one_out(vectors, labels, CLASSES)
    near = neighbors(vectors)
    near = near._replace(similarities_Nk=np.where(np.arange(300)[:, None] == 5, -1, near.similarities_Nk))
    np.testing.assert_allclose(averaged_rows(near, held(probs, labels, CLASSES))[:], averaged(near, probs), atol=1e-6)
    few = held(probs, labels, 8)
    np.testing.assert_allclose(averaged_rows(near, few)[:], averaged(near, few[:]), atol=1e-6)


class Counted(TopProbs):
    """Remembers how many rows were read at once."""

    most = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if not isinstance(key, tuple):
            self.most = max(self.most, len(found))
        return found


@pytest.mark.parametrize("kept", [16, 300])
def test_what_a_scan_makes_of_the_probabilities_reads_them_in_blocks(kept: int) -> None:
    rng, classes, items = np.random.default_rng(0), 300, 20_000
    labels = rng.integers(0, classes, items)
    probs = np.full((items, classes), 1e-3, np.float32)
    probs[np.arange(items), np.where(rng.random(items) < 0.1, (labels + 1) % classes, labels)] = 1
    probs += 1e-3 * rng.random(probs.shape, np.float32)
    probs /= probs.sum(axis=1, keepdims=True)
    top = held(probs, labels, kept)
    assert isinstance(top, TopProbs)
    found, of_array = Counted(top.ids_NM, top.probs_NM, top.each_N, classes), top[:]
    scores, other = confident_learning.detect(labels, found), confident_learning.detect(labels, of_array)
    np.testing.assert_array_equal(scores.flag, other.flag)
    np.testing.assert_allclose(scores.quality, other.quality, atol=1e-6)
    assert scores.label_probs is found
    joint_KK = confident_joint(labels, found).calibrated(labels)
    np.testing.assert_array_equal(joint_KK, confident_joint(labels, of_array).calibrated(labels))
    noise, of_noise = (label_noise(labels, [one], joint_KK) for one in (found, of_array))
    np.testing.assert_allclose(noise.transition_KK, of_noise.transition_KK)
    named, of_named = (candidates(labels, [one]) for one in (found, of_array))
    np.testing.assert_array_equal(named[:, :2], of_named[:, :2])
    np.testing.assert_allclose(from_detectors(named, [found], 1.5), from_detectors(named, [of_array], 1.5))
    errors, of_errors = (plant(labels, one, joint_KK, 0) for one in (found, of_array))
    np.testing.assert_array_equal(errors.items_P, of_errors.items_P)
    assert 0 < found.most < items / 3


@pytest.mark.slow
def test_the_ensemble_never_holds_so_many_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)  # each thread has a block
    items, classes = 160_000, 320
    vectors, labels, _ = clouds(items, classes, 8)
    of_class = np.argsort(labels, kind="stable")
    next_one = np.empty(items, np.int64)
    next_one[of_class] = np.roll(of_class, -1)
    near = Neighbors(np.stack([next_one, next_one[next_one]], axis=1), np.full((items, 2), 0.5, np.float32))
    tracemalloc.start()
    found = ensemble.left_out_probs(vectors, labels, classes, near, 8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (items, classes)
    assert peak < items * classes * 4

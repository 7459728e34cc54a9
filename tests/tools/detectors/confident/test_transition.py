"""The noise channel: recovered where neighbors share a label, read off a joint by hand, safe on degenerate input."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.confident import transition as module
from errata.tools.detectors.confident.transition import NoiseChannel, from_joint, from_neighbors
from errata.tools.detectors.neighbors.neighbors import Neighbors

CHANNEL = np.array([[0.7, 0.3, 0.0], [0.0, 0.9, 0.1], [0.1, 0.1, 0.8]])


def ring(labels):
    """Items of one true class lie on a ring, each beside two others of it."""
    near = np.empty((len(labels), 2), np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        near[members] = np.column_stack([np.roll(members, 1), np.roll(members, 7)])
    return Neighbors(near, np.ones((len(labels), 2), np.float32))


def noisy(per_class=3000, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(3), [per_class, per_class // 2, per_class // 2])
    given = (rng.random(len(truth))[:, None] > CHANNEL.cumsum(axis=1)[truth]).sum(axis=1)
    return truth, given


def test_the_channel_and_the_prior_are_recovered_where_neighbors_share_the_truth():
    truth, given = noisy()
    channel = from_neighbors(ring(truth), given, 3)
    np.testing.assert_allclose(channel.transition_KK, CHANNEL, atol=0.03)
    np.testing.assert_allclose(channel.prior_K, [0.5, 0.25, 0.25], atol=0.03)


def test_heavy_noise_between_two_look_alike_classes_does_not_swap_them():
    rng = np.random.default_rng(1)
    truth = np.repeat(np.arange(2), 4000)
    given = np.where(rng.random(8000) < 0.4, 1 - truth, truth)
    np.testing.assert_allclose(from_neighbors(ring(truth), given, 2).transition_KK, [[0.6, 0.4], [0.4, 0.6]], atol=0.06)


def test_what_is_true_given_a_label_follows_bayes_by_hand():
    channel = NoiseChannel(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0.4, 0.6]))
    assert channel.true_given().tolist() == [[1, 0], pytest.approx([0.25, 0.75])]


def test_a_joint_gives_the_channel_and_the_prior_by_hand():
    channel = from_joint([[30, 5], [10, 15]])  # given 0: 30 truly 0 and 5 truly 1; given 1: 10 and 15.
    assert channel.transition_KK.tolist() == [[0.75, 0.25], [0.25, 0.75]]
    assert channel.prior_K.tolist() == pytest.approx([40 / 60, 20 / 60])


def test_permuted_class_ids_permute_the_channel():
    truth, given = noisy(400)
    order = np.array([2, 0, 1])
    permuted = from_neighbors(ring(truth), np.argsort(order)[given], 3).transition_KK
    np.testing.assert_allclose(
        permuted, from_neighbors(ring(truth), given, 3).transition_KK[np.ix_(order, order)], atol=1e-3
    )


def test_blocks_and_a_sample_of_the_items_hardly_move_the_channel(monkeypatch):
    truth, given = noisy()
    whole = from_neighbors(ring(truth), given, 3).transition_KK
    monkeypatch.setattr(module, "BLOCK", 6)
    np.testing.assert_allclose(from_neighbors(ring(truth), given, 3).transition_KK, whole, atol=1e-9)
    monkeypatch.setattr(module, "TRIPLES", 3000)
    np.testing.assert_allclose(from_neighbors(ring(truth), given, 3).transition_KK, whole, atol=0.06)


def test_a_class_that_nobody_gave_has_a_clean_row():
    truth, given = noisy(100)
    channel = from_neighbors(ring(truth), given, 5)
    np.testing.assert_allclose(channel.transition_KK[3:], np.eye(5)[3:], atol=1e-9)
    np.testing.assert_array_equal(channel.true_given()[3:], np.eye(5)[3:])
    assert channel.prior_K[3:].tolist() == [0, 0]


def test_one_class_is_never_wrong():
    channel = from_neighbors(Neighbors(np.array([[1, 2], [0, 2], [0, 1]]), np.ones((3, 2), np.float32)), [0, 0, 0], 1)
    assert channel.transition_KK.tolist() == [[1]]
    assert channel.true_given().tolist() == [[1]]


def test_unfit_arrays_are_refused():
    near = Neighbors(np.array([[1], [0]]), np.ones((2, 1), np.float32))
    with pytest.raises(DataError, match="two nearest"):
        from_neighbors(near, np.array([0, 1]), 2)
    with pytest.raises(DataError, match="Labels must lie"):
        from_neighbors(ring(np.zeros(4, int)), np.array([0, 1, 2, 3]), 2)
    with pytest.raises(DataError, match="square"):
        from_joint(np.zeros((2, 3)))
    with pytest.raises(DataError, match="something in it"):
        from_joint(np.zeros((2, 2)))

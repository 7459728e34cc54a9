"""Copies count once, as neighbors and in training; without copies, results are bit for bit the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.confident.channel_quality import noise_channel
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.detectors.neighbors.copies import ALONE, counted_once, find_groups, numbered, shares
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbor_votes, neighbors
from errata.tools.detectors.probs import discriminant, ensemble
from errata.tools.detectors.probs.stacking import powers
from errata.tools.detectors.probs.temperature import probabilities_from
from errata.tools.features.probe import out_of_fold_probs
from errata.tools.inference.label_noise import label_noise
from errata.types import F32, Bool, Int
from tests.tools.detectors.probs.test_discriminant import blobs


def test_the_content_decides_about_neighbors_from_a_cosine_on() -> None:
    near = Neighbors(np.array([[1], [0], [3], [2]]), np.array([[0.8], [0.8], [0.6], [0.6]], np.float32))
    asked: list[tuple[int, int]] = []

    def alike(left: Int, right: Int) -> Bool:
        asked.extend(zip(left.tolist(), right.tolist(), strict=True))
        return np.ones(len(left), np.bool_)

    assert find_groups(list("abcd"), near, alike, 0.7).tolist() == [0, 0, ALONE, ALONE]
    assert asked == [(0, 1)]
    assert find_groups(list("abcd"), near, lambda left, right: left < 0, 0.7).tolist() == [ALONE] * 4


def test_copies_share_the_vote_of_one_neighbor() -> None:
    near = Neighbors(np.array([[1, 2, 3]] * 4), np.full((4, 3), 0.9, np.float32))
    once = counted_once(near, np.array([ALONE, 5, 5, ALONE]))
    assert once.similarities_Nk[0].tolist() == pytest.approx([0.45, 0.45, 0.9])
    votes = neighbor_votes(once, np.array([0, 1, 1, 0]), 2)[0]
    assert votes[0] == pytest.approx(votes[1])


def test_an_item_s_own_copies_say_nothing_of_it() -> None:
    near = Neighbors(np.array([[1, 2]] * 3), np.full((3, 2), 0.9, np.float32))
    once = counted_once(near, np.array([5, 5, ALONE]))
    assert once.similarities_Nk[0].tolist() == pytest.approx([0, 0.9])


def test_a_group_weighs_as_much_as_one_item() -> None:
    weights = shares(np.array([0, ALONE, 0, 1, 1, 1]))
    assert weights is not None and weights.tolist() == pytest.approx([1 / 2, 1, 1 / 2, 1 / 3, 1 / 3, 1 / 3])
    assert shares(np.full(3, ALONE)) is None


def test_a_group_is_left_out_as_a_whole_with_each_of_its_members() -> None:
    vectors, labels = blobs(per_class=10)
    vectors = np.concatenate([vectors, vectors[[3, 3, 3]]])
    labels, groups = np.append(labels, [0, 0, 0]), np.full(33, ALONE)
    groups[[3, 30, 31, 32]] = 0
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    rest, k = groups == ALONE, np.arange(3)
    scores = discriminant.left_out_scores(vectors, labels, 3, groups)
    means = np.stack([units[rest & (labels == c)].mean(axis=0) for c in k])
    # The round part of the spread and the number of items are those of all, as in every leaving out.
    apart = (units - means[labels])[rest]
    spread = 0.9 * apart.T @ apart / len(apart)
    spread += 0.1 * np.trace(apart.T @ apart) / len(apart) / 6 * np.eye(6)
    expected = [-(units[3] - mean) @ np.linalg.inv(spread) @ (units[3] - mean) / 2 for mean in means]
    assert scores[3].tolist() == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("count", [3, 15])
def test_copies_under_a_wrong_label_do_not_change_what_is_said_of_an_item(count: int) -> None:
    vectors, labels = blobs()
    target, rng = 5, np.random.default_rng(1)
    copies: F32 = vectors[target] + 0.01 * rng.normal(size=(count, 6)).astype(np.float32)
    given = np.append(labels, [1] * count)
    both = np.concatenate([vectors, copies])
    groups = np.full(len(both), ALONE)
    groups[[target, *range(len(labels), len(both))]] = 0
    near = neighbors(both)
    once = ensemble.leave_one_out(both, given, 3, counted_once(near, groups), copies_N=groups)
    assert once[target].argmax() == 0
    if count > 10:
        assert ensemble.leave_one_out(both, given, 3, near)[target].argmax() == 1


def test_without_copies_nothing_changes_by_a_bit() -> None:
    vectors, labels = blobs()
    near, alone = neighbors(vectors), np.full(len(labels), ALONE)
    assert counted_once(near, alone) is near
    before = ensemble.leave_one_out(vectors, labels, 3, near)
    np.testing.assert_array_equal(ensemble.leave_one_out(vectors, labels, 3, near, copies_N=alone), before)
    scores, with_copies = confident_learning.detect(labels, before), confident_learning.detect(labels, before, alone)
    np.testing.assert_array_equal(with_copies.quality, scores.quality)
    probe = out_of_fold_probs(vectors, labels, 3)
    np.testing.assert_array_equal(out_of_fold_probs(vectors, labels, 3, groups_N=numbered(alone)), probe)


def test_what_is_learned_from_all_items_learns_from_a_group_as_from_one() -> None:
    vectors, labels = blobs(classes=4)
    rng = np.random.default_rng(2)
    labels[rng.choice(len(labels), 40, replace=False)] = 1
    wrong = int(np.flatnonzero(labels[:40] == 1)[0])
    near = neighbors(vectors)
    views = [neighbor_votes(near, labels, 4), discriminant.leave_one_out(vectors, labels, 4)]
    several = np.r_[np.arange(len(labels)), np.repeat([wrong, 77], [60, 30])]
    groups = np.full(len(several), ALONE)
    for group, item in enumerate((wrong, 77)):
        groups[several == item] = group
    joint, more = confident_joint(labels, views[1]).calibrated(labels), [view[several] for view in views]
    expected, each = learned(views, labels, None, joint), learned(more, labels[several], None, joint)
    for name, once in learned(more, labels[several], shares(groups), joint).items():
        np.testing.assert_allclose(once, expected[name], rtol=1e-4, atol=1e-4, err_msg=name)
        assert not np.allclose(each[name], expected[name], rtol=1e-2, atol=1e-2), name


def learned(views: list[F32], labels: Int, weights: F32 | None, joint: Int) -> dict[str, Any]:
    """What is learned from the views of these labels; the noise, from this joint."""
    noise = label_noise(labels, views, joint, weights)
    return {
        "powers": powers(views, labels, weights),
        "sharpened": probabilities_from(np.log(views[0] + 1e-3), labels, weights)[:1],
        "joint": confident_joint(labels, views[1], weights_N=weights).calibrated(labels, weights) / 100,
        "channel": noise_channel(labels, views[1], weights).transition_KK,
        "noise": np.append(noise.transition_KK, noise.power),
    }

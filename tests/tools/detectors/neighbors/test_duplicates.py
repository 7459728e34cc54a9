"""Duplicates: exact and near ones, conflicting labels, leaks across splits."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.neighbors.copies import ALONE, find_groups
from errata.tools.detectors.neighbors.duplicates import detect, find_leaks
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors


def test_equal_content_makes_a_group_numbered_by_first_appearance() -> None:
    assert find_groups(["b", "a", "c", "a", "b", "a"]).tolist() == [0, 1, ALONE, 1, 0, 1]


def test_a_planted_near_duplicate_joins_its_original() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 8)).astype(np.float32)
    vectors[50] = vectors[3] + 0.01 * rng.normal(size=8)
    groups = find_groups([str(i) for i in range(60)], neighbors(vectors))
    assert np.flatnonzero(groups != ALONE).tolist() == [3, 50]


def test_how_near_is_near_follows_the_dataset() -> None:
    # Everything is as close together as the planted pair of the test above.
    vectors = (1 + 0.01 * np.random.default_rng(0).normal(size=(60, 8))).astype(np.float32)
    groups = find_groups([str(i) for i in range(60)], neighbors(vectors))
    assert (groups == ALONE).mean() > 0.9


def test_content_and_nearness_make_one_group() -> None:
    near = Neighbors(np.array([[1], [0], [3], [0]]), np.array([[1.0], [1.0], [0.2], [0.1]], np.float32))
    assert find_groups(["a", "b", "b", "c"], near).tolist() == [0, 0, 0, ALONE]


def test_the_quality_is_the_labels_share_in_its_group() -> None:
    scores = detect(np.array([0, 0, 0, 1, 1, 2, 2, ALONE]), np.array([1, 1, 0, 0, 2, 1, 1, 2]), 3)
    assert scores.quality.tolist() == pytest.approx([2 / 3, 2 / 3, 1 / 3, 0.5, 0.5, 1, 1, 1])
    assert scores.flag.tolist() == [False, False, True, True, True, False, False, False]


def test_permuted_class_ids_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    groups, labels, order = rng.integers(-1, 9, 80), rng.integers(0, 4, 80), np.array([2, 0, 3, 1])
    np.testing.assert_array_equal(detect(groups, order[labels], 4).quality, detect(groups, labels, 4).quality)


def test_a_group_on_both_sides_of_a_split_leaks() -> None:
    groups = np.array([0, 0, 1, 1, ALONE, ALONE])
    leak = find_leaks(groups, ["train", "test", "train", "train", "train", "test"])
    assert leak.tolist() == [True, True, False, False, False, False]


def test_only_copies_make_one_group_and_no_single_item_is_flagged() -> None:
    everything = find_groups(["same"] * 5, neighbors(np.ones((5, 3), np.float16)))
    assert everything.tolist() == [0] * 5
    assert not detect(np.full(4, ALONE), np.array([0, 1, 0, 1]), 2).flag.any()
    assert not find_leaks(np.full(2, ALONE), ["a", "b"]).any()


def test_there_may_be_no_items_and_no_neighbors() -> None:
    assert find_groups([]).shape == (0,)
    assert find_groups(["a"], neighbors(np.ones((1, 3)))).tolist() == [ALONE]
    assert detect(np.empty(0, np.int64), np.empty(0, np.int64), 2).quality.shape == (0,)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="2 items, got 3"):
        find_groups(["a", "b"], neighbors(np.eye(3)))
    with pytest.raises(DataError, match="each of 2 items"):
        detect(np.zeros(3, np.int64), np.array([0, 1]), 2)
    with pytest.raises(DataError, match=r"0\.\.1"):
        detect(np.zeros(2, np.int64), np.array([0, 2]), 2)

"""Confident learning: hand-computed, finds planted noise, safe on degenerate input, no larger than a block."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cleanlab.filter import find_label_issues as reference_issues
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.arrays.blocks import BLOCK
from errata.tools.detectors.confident import pruning
from errata.tools.detectors.confident.confident_learning import FilterBy, detect, suspected
from errata.tools.detectors.confident.label_issues import find_label_issues
from errata.types import F64, Bool, Int, Probs


def planted(
    seed: int, rows: int = 120, classes: int = 4, noise: float = 0.2, dtype: type[np.floating[Any]] = np.float64
) -> tuple[Int, F64]:
    """Labels with flips, and noisy probabilities without a tie. Each class has at least two items."""
    rng = np.random.default_rng(seed)
    true = np.concatenate([np.repeat(np.arange(classes), 2), rng.integers(0, classes, max(0, rows - 2 * classes))])
    logits = rng.normal(size=(len(true), classes)) + 2.5 * np.eye(classes)[true]
    probs = np.exp(logits)
    probs = (probs / probs.sum(axis=1, keepdims=True)).astype(dtype)
    labels = np.where(rng.random(len(true)) < noise, rng.integers(0, classes, len(true)), true)
    labels[: 2 * classes] = true[: 2 * classes]
    return labels, probs


HAND_LABELS = np.array([0, 0, 0, 1, 1, 1])
HAND_PROBS = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.3, 0.7], [0.1, 0.9], [0.95, 0.05]])


def test_flags_the_two_swapped_labels_of_a_hand_computed_case() -> None:
    # Thresholds: (.9 + .8 + .2) / 3 = .633 and (.7 + .9 + .05) / 3 = .55, so rows 2 and 5 are sure of the other class.
    assert find_label_issues(HAND_LABELS, HAND_PROBS).tolist() == [False, False, True, False, False, True]


def test_quality_is_low_if_the_flag_is_set() -> None:
    scores = detect(HAND_LABELS, HAND_PROBS)
    assert np.argsort(scores.quality)[:4].tolist() == [5, 2, 3, 1]
    assert scores.at(0.5).flag.tolist() == scores.flag.tolist()


def blobs(seed: int, rows: int = 600, classes: int = 4) -> tuple[Int, F64, Bool]:
    """Flipped labels of well-separated items, and a good model's probabilities."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, classes, rows)
    logits = rng.normal(size=(rows, classes)) + 6 * np.eye(classes)[true]
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wrong = rng.random(rows) < 0.15
    return np.where(wrong, (true + rng.integers(1, classes, rows)) % classes, true), probs, wrong


def test_planted_noise_is_found() -> None:
    labels, probs, wrong = blobs(0)
    scores = detect(labels, probs)
    assert roc_auc_score(wrong, -scores.quality) >= 0.95
    assert scores.flag[wrong].mean() > 0.95
    assert scores.flag[~wrong].mean() < 0.01


def test_a_rare_clean_class_is_not_flagged_in_bulk() -> None:
    labels, probs, _ = blobs(1)
    rng = np.random.default_rng(1)
    rare = np.column_stack([rng.dirichlet(np.ones(4), 15) * 0.55, np.full(15, 0.45)])
    probs = np.vstack([np.column_stack([probs, np.zeros(len(probs))]), rare])
    flag = detect(np.append(labels, np.full(15, 4)), probs).flag
    assert flag[-15:].sum() <= 2


def test_items_that_are_all_the_same_keep_one_of_each_class() -> None:
    labels, probs = np.repeat([0, 1], 10), np.tile([0.8, 0.2], (20, 1))
    flag = detect(labels, probs).flag
    assert not flag[:10].any()
    assert flag[10:].sum() <= 9


def test_as_many_as_asked_are_pruned_from_each_class_even_if_all_tie() -> None:
    labels, probs = np.repeat([0, 1], 10), np.repeat([[0.3, 0.7], [0.6, 0.4]], 10, axis=0)
    flag = suspected(labels, probs, "prune_by_class", remove_K=np.array([3, 1]))
    assert np.flatnonzero(flag).tolist() == [0, 1, 2, 10]


def test_a_count_beyond_the_suspects_is_of_all_items_of_the_class() -> None:
    # Of the three items with the smallest margin of class 0 over class 1, two are about right: so the suspect with the
    # largest margin, which belongs to class 2, is not among them.
    labels = np.array([0, 0, 0, 0, 0, 1, 1, 2, 2])
    probs = np.array(
        [[0.2, 0.7, 0.1], [0.45, 0.4, 0.15], [0.5, 0.4, 0.1], [0.35, 0.05, 0.6], [0.9, 0.06, 0.04]]
        + 2 * [[0.1, 0.8, 0.1]]
        + 2 * [[0.1, 0.15, 0.75]]
    )
    joint = np.array([[2, 3, 0], [0, 2, 0], [0, 0, 2]])
    flag = suspected(labels, probs, joint_KK=joint)
    assert np.flatnonzero(flag).tolist() == [0]
    np.testing.assert_array_equal(flag, reference_issues(labels, probs, n_jobs=1, confident_joint=joint))


def test_a_label_that_misses_the_most_probable_by_a_hair_is_not_flagged() -> None:
    probs = np.array([[0.5 - 4e-7, 0.5 + 4e-7], [0.5 - 6e-7, 0.5 + 6e-7]])
    assert suspected(np.array([0, 0]), probs, "predicted_neq_given").tolist() == [False, True]


@settings(max_examples=50, deadline=None)
@given(sizes=st.lists(st.integers(0, 300) | st.integers(0, 10**6), max_size=60))
def test_cells_looked_at_together_leave_little_room_empty(sizes: list[int]) -> None:
    pieces = pruning.pieces_of(np.array(sizes, np.int64))
    found = [cell for piece in pieces for cell in piece]
    assert sorted(found) == [cell for cell, size in enumerate(sizes) if size]
    for piece in pieces:
        largest = max(sizes[cell] for cell in piece)
        assert len(piece) * largest <= 2 * max(pruning.PIECE, largest)


@pytest.mark.parametrize("filter_by", ["both", "low_normalized_margin"])
def test_more_than_one_block_holds_equals_cleanlabs(filter_by: FilterBy) -> None:
    labels, probs = planted(9, rows=200_000, classes=6, noise=0.4)
    assert probs.size > 2 * BLOCK
    expected = find_label_issues(labels, probs, filter_by=filter_by, n_jobs=1)
    np.testing.assert_array_equal(suspected(labels, probs, filter_by), expected)


@pytest.mark.filterwarnings("ignore:May not flag")
def test_classes_of_very_unlike_sizes_equal_cleanlabs() -> None:
    rng = np.random.default_rng(2)
    labels = np.concatenate([np.zeros(3000, int), np.arange(60), rng.integers(1, 60, 100)])
    probs = rng.dirichlet(np.full(60, 0.1), len(labels))
    expected = reference_issues(labels, probs, n_jobs=1)
    assert expected.sum() > 100
    np.testing.assert_array_equal(find_label_issues(labels, probs), expected)


def test_memory_mapped_probabilities_are_read_without_a_copy(tmp_path: Path) -> None:
    labels, probs = planted(6, rows=20_000, classes=200)
    np.save(tmp_path / "probs.npy", probs)
    mapped = np.load(tmp_path / "probs.npy", mmap_mode="r")
    find_label_issues(labels[:1000], probs[:1000])
    tracemalloc.start()
    found = find_label_issues(labels, mapped, filter_by="both", return_indices_ranked_by="normalized_margin")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) > 1000
    assert peak < probs.nbytes / 2


@pytest.mark.filterwarnings("ignore:May not flag")
def test_an_absent_class_changes_nothing_for_the_others() -> None:
    labels, probs = planted(1, classes=3)
    wider = np.column_stack([probs, np.zeros(len(probs))])
    expected = reference_issues(labels, wider, n_jobs=1)
    np.testing.assert_array_equal(find_label_issues(labels, wider), expected)


def test_the_only_member_of_a_class_is_never_pruned() -> None:
    labels, probs = planted(1, classes=3)
    labels = np.where(labels == 2, 0, labels)
    labels[0], probs[0] = 2, [0.5, 0.4, 0.1]
    assert not find_label_issues(labels, probs)[0]


def test_permuted_class_ids_give_the_same_flags() -> None:
    labels, probs = planted(8)
    order = np.array([2, 0, 3, 1])
    permuted = find_label_issues(np.argsort(order)[labels], probs[:, order])
    np.testing.assert_array_equal(permuted, find_label_issues(labels, probs))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: np.asfortranarray(p),
        lambda p: np.repeat(p, 2, axis=1)[:, ::2],
        lambda p: p.astype(np.float32),
    ],
)
def test_the_layout_in_memory_does_not_matter(change: Callable[[F64], Probs]) -> None:
    labels, probs = planted(4)
    changed = change(probs)
    changed.flags.writeable = False
    np.testing.assert_array_equal(find_label_issues(labels, changed), find_label_issues(labels, probs))


def test_float16_probabilities_are_taken() -> None:
    labels, probs = planted(4)
    agree = find_label_issues(labels, probs.astype(np.float16)) == find_label_issues(labels, probs)
    assert agree.mean() > 0.95


def test_a_single_class_has_no_issues() -> None:
    assert not find_label_issues([0, 0, 0], np.ones((3, 1))).any()


def test_more_classes_than_items_do_not_crash() -> None:
    probs = np.full((3, 10), 0.1)
    assert detect([0, 5, 9], probs).flag.tolist() == [False, False, False]


def test_no_items_give_no_flags() -> None:
    assert detect(np.empty(0, np.int64), np.empty((0, 3))).flag.shape == (0,)


@pytest.mark.parametrize(
    ("labels", "probs", "says"),
    [
        ([0, 1], [[0.5, 0.5], [np.nan, 0.5]], "Row 1"),
        ([0, 1], [[0.5, 0.5], [1.5, -0.5]], "Row 1"),
        ([0, 1], [[0.5, 0.5], [0.5, 0.6]], "sum to 1"),
        ([0, 1], [[0.5, 0.5]], "shape"),
        ([0, -1], [[0.5, 0.5], [0.5, 0.5]], "unlabeled"),
        ([0, 2], [[0.5, 0.5], [0.5, 0.5]], "0..1"),
        ([0.0, 1.0], [[0.5, 0.5], [0.5, 0.5]], "integer"),
    ],
)
def test_invalid_arrays_are_refused_with_what_is_wrong(labels: list[Any], probs: list[list[float]], says: str) -> None:
    with pytest.raises(DataError, match=says):
        find_label_issues(labels, probs)

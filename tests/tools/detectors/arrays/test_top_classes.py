"""One pass over the probabilities finds the same for each item, in blocks or at once, in any memory layout."""

import os
from collections.abc import Callable

import numpy as np
import pytest

from errata.tools.detectors.arrays.blocks import BLOCK
from errata.tools.detectors.arrays.top_classes import entries, top_classes
from errata.types import F64

LABELS = np.array([1, 0, 2])
PROBS = np.array([[0.4, 0.4, 0.2], [0.3, 0.6, 0.1], [0.0, 0.0, 1.0]], np.float32)


def test_of_equal_probabilities_the_first_is_the_peak() -> None:
    found = top_classes(LABELS, PROBS)
    assert found.top_N.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(found.highest_N, PROBS.max(axis=1))
    np.testing.assert_array_equal(found.given_N, PROBS[np.arange(3), LABELS])
    assert found.close_N.tolist() == [True, False, True]
    assert found.given_N.dtype == found.highest_N.dtype == np.float32


@pytest.mark.parametrize("threads", [1, 3])
def test_who_looks_on_sees_every_row_once_and_blocks_change_nothing(
    monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    rng = np.random.default_rng(0)
    labels, probs = rng.integers(0, 5, 120_001), rng.random((120_001, 5))
    assert probs.size > 2 * BLOCK
    small = [
        top_classes(labels[part], probs[part]) for part in np.array_split(np.arange(120_001), 4)
    ]  # each in one block
    whole = [np.concatenate(parts) for parts in zip(*small, strict=True)]
    monkeypatch.setattr(os, "cpu_count", lambda: threads)
    times_N = np.zeros(120_001, np.int64)

    def also(rows: slice) -> None:
        times_N[rows] += 1

    for part, all_at_once in zip(top_classes(labels, probs, also), whole, strict=True):
        np.testing.assert_array_equal(part, all_at_once)
    assert (times_N == 1).all()


@pytest.mark.parametrize("lie", [np.ascontiguousarray, np.asfortranarray, lambda a: np.repeat(a, 2, axis=1)[:, ::2]])
def test_entries_are_the_same_however_the_array_lies(lie: Callable[[F64], F64]) -> None:
    probs = np.random.default_rng(1).random((7, 4))
    items, classes = np.array([[0, 6, 3], [2, 2, 5]]), np.array([[1], [3]])
    np.testing.assert_array_equal(entries(lie(probs), items, classes), probs[items, classes])

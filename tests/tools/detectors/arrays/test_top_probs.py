"""Of very many labels, the likeliest of each item are held: read like an array, and never as one."""

from typing import Any

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.arrays.held_rows import MadeRows, held
from errata.tools.detectors.arrays.top_classes import entries, top_classes
from errata.tools.detectors.arrays.top_probs import KEPT, LARGEST, WIDEST, TopProbs, labels_kept, only
from errata.types import F32, Int


def made(items: int = 50, classes: int = 12, seed: int = 0) -> tuple[F32, Int]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(classes, 0.2), items).astype(np.float32), rng.integers(0, classes, items)


def top_of(probs: F32, labels: Int, kept: int) -> TopProbs:
    found = held(probs, labels, kept)
    assert isinstance(found, TopProbs)
    return found


@pytest.mark.parametrize("rows", [slice(3, 9), slice(None), np.array([4, 4, 0]), 7])
def test_where_every_label_is_held_it_reads_like_the_array(rows: Any) -> None:
    probs, labels = made()
    found = top_of(probs, labels, 12)
    np.testing.assert_array_equal(found[rows], probs[rows])
    np.testing.assert_array_equal(found[np.arange(50), labels], probs[np.arange(50), labels])
    items, columns = np.array([[1], [30]]), np.array([[0, 5, 11]])
    np.testing.assert_array_equal(entries(found, items, columns), probs[items, columns])


def test_the_likeliest_and_the_given_label_are_exact_and_the_others_share_the_rest() -> None:
    probs, labels = made()
    labels = probs.argmin(axis=1)
    found = top_of(probs, labels, 4)
    read, likeliest = found[:], np.argsort(-probs, axis=1)[:, :3]
    np.testing.assert_allclose(read.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(read[np.arange(50), labels], probs[np.arange(50), labels])
    np.testing.assert_array_equal(np.take_along_axis(read, likeliest, 1), np.take_along_axis(probs, likeliest, 1))
    assert all(len(np.unique(row)) <= 5 for row in read)
    np.testing.assert_array_equal(found.favorites(3), likeliest)
    np.testing.assert_array_equal(top_classes(labels, found).top_N, probs.argmax(axis=1))
    np.testing.assert_allclose(found.above_each().toarray() + found.each_N[:, None], read, atol=1e-7)


def test_rows_are_chosen_and_replaced_by_number() -> None:
    probs, labels = made()
    found, other = top_of(probs, labels, 12), top_of(*made(seed=1), 12)
    rows = np.array([5, 2])
    np.testing.assert_array_equal(only(found, rows)[:], probs[rows])
    np.testing.assert_array_equal(only(probs, rows)[:], probs[rows])
    both = found.replaced(rows, other.only(rows))
    np.testing.assert_array_equal(both[rows], other[rows])
    np.testing.assert_array_equal(found[:], probs)
    np.testing.assert_array_equal(both[6:], probs[6:])


def test_all_of_them_at_once_are_refused() -> None:
    with pytest.raises(DataError, match="all 3,000 labels of 40 items"):
        np.asarray(TopProbs.even(40, 3000, 8))


def test_rows_are_made_in_blocks_each_once() -> None:
    probs, labels = made(2000, 1500)
    read = np.zeros(2000, np.int64)

    def make(rows: slice) -> F32:
        read[rows] += 1
        assert rows.stop - rows.start < 1000
        return probs[rows]

    held(MadeRows(probs.shape, make), labels, 16)
    assert (read == 1).all()


def test_an_array_is_kept_as_long_as_it_is_small_or_narrow() -> None:
    assert labels_kept(50_000, 100) is None
    assert labels_kept(LARGEST, WIDEST) is None
    assert labels_kept(LARGEST // 1024, 1024) is None
    assert labels_kept(LARGEST // 1024 + 1, 1024) == KEPT

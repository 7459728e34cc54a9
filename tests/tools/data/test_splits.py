"""Which splits are for measuring, and which rows occur in two of them."""

from __future__ import annotations

import numpy as np
import pytest

from errata.errors import SetupError
from errata.tools.data.splits import Leak, is_measured, leaks, protected_splits, read_splits, rows_in


@pytest.mark.parametrize("name", ["test", "Test", "test_b", "test2", "validation", "val", "dev", "held-out"])
def test_names_that_stand_for_measuring(name: str) -> None:
    assert is_measured(name)


@pytest.mark.parametrize("name", ["train", "training", "testimony", "extra", "unsupervised", "devices", "1"])
def test_names_that_do_not(name: str) -> None:
    assert not is_measured(name)


def test_empty_cells_name_no_split() -> None:
    splits = read_splits(["train", None, " ", 3, "test"])
    assert splits == ("train", None, None, "3", "test")
    assert protected_splits(splits, ()) == ("test",) and protected_splits(splits, ("test",)) == ()
    assert rows_in(splits, ("test", "3")).tolist() == [False, False, False, True, True]
    with pytest.raises(SetupError, match="no such split"):
        protected_splits(splits, ("valid",))


def test_exact_and_near_copies_are_counted_by_row_for_the_measured_side() -> None:
    splits = ("train", "test", "test", "train", "test", None)
    shas = ("a", "a", "b", "c", "d", "d")
    rows_A, groups_A = np.array([0, 1, 2, 2, 3, 4]), np.array([0, 0, 5, 7, 7, -1])
    assert leaks(splits, shas, rows_A, groups_A) == [Leak("test", "train", 2, 3, 1)]
    assert leaks(("a", "a", "b", "a", "b", "b"), shas, rows_A, groups_A)[0].split == "a"

"""Cells of review: hand-computed, fullest first, every flagged item once."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.optional.confusion_cells import confusion_cells


def test_flagged_items_of_one_pair_are_reviewed_together() -> None:
    labels, suggested = [0, 0, 1, 0, 1, 2], [1, 1, 0, 2, 0, 1]
    flag = [True, True, True, True, False, True]
    cells = confusion_cells(labels, flag, suggested)
    assert [(cell.given, cell.likely, cell.items_n.tolist()) for cell in cells] == [
        (0, 1, [0, 1]),
        (0, 2, [3]),
        (1, 0, [2]),
        (2, 1, [5]),
    ]


def test_every_flagged_item_with_another_suggestion_is_in_one_cell() -> None:
    rng = np.random.default_rng(0)
    labels, suggested, flag = rng.integers(0, 7, 500), rng.integers(0, 7, 500), rng.random(500) < 0.3
    cells = confusion_cells(labels, flag, suggested)
    sizes = [len(cell.items_n) for cell in cells]
    assert sizes == sorted(sizes, reverse=True)
    assert (
        sorted(np.concatenate([cell.items_n for cell in cells]))
        == np.flatnonzero(flag & (labels != suggested)).tolist()
    )
    for given, likely, items in cells:
        assert (labels[items] == given).all()
        assert (suggested[items] == likely).all()


@pytest.mark.parametrize("flag", [[False, False], [True, True]])
def test_nothing_flagged_or_nothing_else_suggested_is_no_cell(flag: list[bool]) -> None:
    assert confusion_cells([0, 1], flag, [0, 1]) == []


def test_arrays_of_unlike_length_are_refused() -> None:
    with pytest.raises(DataError, match="one per item"):
        confusion_cells([0, 1], [True], [1, 0])

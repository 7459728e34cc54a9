"""Work in blocks: every row once, in slices that fit, and errors come through."""

import os

import numpy as np
import pytest

from errata.tools.detectors.arrays.blocks import block_rows, each_block
from errata.tools.detectors.arrays.unit_blocks import unit_blocks


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (1, 1), (1001, 7), (50, 10**9), (12, 0)])
def test_every_row_is_worked_on_once_in_slices_that_fit(
    monkeypatch: pytest.MonkeyPatch, threads: int, rows: int, columns: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: threads)
    times_N = np.zeros(rows, np.int64)
    lengths = []

    def work(part: slice) -> None:
        times_N[part] += 1
        lengths.append(part.stop - part.start)

    each_block(work, rows, columns, block=100)
    assert (times_N == 1).all()
    assert max(lengths, default=0) <= block_rows(columns, 100)


def test_an_error_in_one_block_is_the_caller_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with pytest.raises(ZeroDivisionError):
        each_block(lambda part: 1 // (part.start - 3), 10, 1, block=1)


def test_unit_blocks_cover_the_items_with_vectors_of_length_one_and_leave_the_given_ones_alone() -> None:
    vectors = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    vectors.flags.writeable = False
    parts = list(unit_blocks(vectors, 4))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert [len(units_BD) for _, units_BD in parts] == [4, 4, 2]
    for rows, units_BD in parts:
        np.testing.assert_allclose(units_BD, units[rows], rtol=1e-6)
    assert not list(unit_blocks(vectors[:0]))

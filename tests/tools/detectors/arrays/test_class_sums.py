"""Class sums by hand."""

import numpy as np

from errata.tools.detectors.arrays.class_sums import class_sums

ROWS = np.array([[1, 2], [10, 20], [100, 200]], np.float32)


def test_rows_of_a_class_are_added_and_an_absent_class_is_zero() -> None:
    assert class_sums(ROWS, np.array([2, 0, 2]), 3).tolist() == [[10, 20], [0, 0], [101, 202]]


def test_weights_scale_the_rows() -> None:
    assert class_sums(ROWS, np.array([0, 0, 1]), 2, np.array([1, 0.5, 2])).tolist() == [[6, 12], [200, 400]]

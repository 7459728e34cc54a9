"""Variable top-k: as many predictions as valid labels, by hand."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.tasks.variable_top_k import variable_top_k


def test_each_item_is_asked_for_as_many_labels_as_it_has() -> None:
    scores = [[0.6, 0.3, 0.1], [0.6, 0.3, 0.1], [0.2, 0.5, 0.3]]
    accuracy, by_count = variable_top_k(scores, [[1, 0, 0], [1, 0, 1], [0, 1, 1]])
    assert by_count == {1: (1, 1.0), 2: (2, 0.75)}
    assert accuracy == pytest.approx((1 + 0.5 + 1) / 3)


def test_an_item_without_a_valid_label_does_not_count() -> None:
    assert variable_top_k([[0.9, 0.1], [0.9, 0.1]], [[0, 0], [1, 0]]) == (1.0, {1: (1, 1.0)})
    assert np.isnan(variable_top_k([[0.9, 0.1]], [[0, 0]]).accuracy)


def test_if_all_labels_are_valid_every_prediction_is_right() -> None:
    assert variable_top_k([[0.1, 0.9]], [[1, 1]]).accuracy == 1


def test_invalid_scores_are_refused() -> None:
    with pytest.raises(DataError, match=r"shape \(1, 2\)"):
        variable_top_k([[0.1, 0.2, 0.7]], [[1, 0]])
    with pytest.raises(DataError, match="NaN"):
        variable_top_k([[np.nan, 0.2]], [[1, 0]])

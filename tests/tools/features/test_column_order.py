"""Probabilities whose columns are in another order than the labels are noticed; poor ones cause no false alarm."""

from __future__ import annotations

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.features.column_order import as_text, misfit
from errata.tools.features.own import load_probs
from errata.types import LabelSpace


def model(given_N: np.ndarray, classes: int, right: float, rng: np.random.Generator) -> np.ndarray:
    """A model that is right in this share of the rows, and wrong in various ways in the others."""
    said_N = np.where(rng.random(len(given_N)) < right, given_N, rng.integers(classes, size=len(given_N)))
    return (np.eye(classes)[said_N] * 0.6 + 0.4 / classes).astype(np.float32)


@pytest.mark.parametrize(("classes", "rows"), [(2, 60), (3, 60), (12, 360), (40, 2000)])
def test_another_order_is_found_in_the_columns_of_a_fair_model(classes: int, rows: int) -> None:
    rng = np.random.default_rng(0)
    given_N = np.arange(rows) % classes
    probs_NK = model(given_N, classes, 0.9, rng)
    order = np.roll(np.arange(classes), 1)
    assert misfit(probs_NK, given_N) is None
    shuffled_NK = np.empty_like(probs_NK)
    shuffled_NK[:, order] = probs_NK
    found = misfit(shuffled_NK, given_N)
    assert found is not None
    assert found.order == tuple(order)
    assert found.hits < 0.2 * rows < 0.8 * rows < found.hits_if_ordered


def test_two_columns_that_changed_places_among_many_are_found() -> None:
    given_N = np.arange(600) % 12
    probs_NK = model(given_N, 12, 0.9, np.random.default_rng(0))[:, [0, 1, 2, 3, 5, 4, *range(6, 12)]]
    found = misfit(probs_NK, given_N)
    assert found is not None
    assert found.order == (0, 1, 2, 3, 5, 4, *range(6, 12))


def test_rows_without_a_label_have_no_say() -> None:
    given_N = np.full(60, -1)
    assert misfit(np.full((60, 2), 0.5, np.float32), given_N) is None


def test_poor_probabilities_are_no_other_order() -> None:
    rng = np.random.default_rng(1)
    for trial in range(400):
        classes, rows = int(rng.choice([2, 3, 5, 12, 40])), int(rng.choice([12, 42, 200, 600]))
        given_N = rng.choice(classes, rows, p=rng.dirichlet(np.ones(classes)))
        counts_K = np.bincount(given_N, minlength=classes)
        poor = (
            rng.dirichlet(np.full(classes, 0.1), rows),  # sure of anything
            np.eye(classes)[rng.integers(classes, size=rows)],
            np.eye(classes)[np.full(rows, rng.integers(classes))] * 0.8 + 0.2 / classes,  # always the same label
            (counts_K - np.eye(classes)[given_N]) / (rows - 1),  # a prior that leaves the row out
        )[trial % 4]
        assert misfit(poor.astype(np.float32), given_N) is None


def test_a_label_without_items_may_be_a_models_favorite() -> None:
    given_N = np.repeat([0, 1], 100)
    said_N = np.where(given_N == 0, 2, 1)
    assert misfit((np.eye(3)[said_N] * 0.9 + 0.1 / 3).astype(np.float32), given_N) is None


class Numbers:
    """360 rows labeled 1 to 12."""

    label_space = LabelSpace(tuple(str(k + 1) for k in range(12)))
    cells = tuple(str(i % 12 + 1) for i in range(360))

    def __init__(self, probs_NK: np.ndarray) -> None:
        self.probs_NK = probs_NK

    def __len__(self) -> int:
        return 360

    def column(self, name: str) -> list[object]:
        return list(self.probs_NK)


def test_columns_sorted_as_text_are_refused_with_both_orders() -> None:
    probs_NK = model(np.arange(360) % 12, 12, 0.9, np.random.default_rng(0))
    names = Numbers.label_space.names
    sorted_as_text = sorted(range(12), key=lambda k: names[k])
    np.testing.assert_array_equal(load_probs("p", Numbers(probs_NK)), probs_NK)
    shuffled_NK = probs_NK[:, sorted_as_text]
    with pytest.raises(DataError) as refused:
        load_probs("p", Numbers(shuffled_NK))
    said = str(refused.value)
    assert "In the order expected, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12," in said
    assert "in the order 1, 10, 11, 12, 2, 3, 4, 5, 6, 7, 8, 9, sorted as text" in said
    assert f"probs[:, [{', '.join(map(str, as_text(names)))}]]" in said
    np.testing.assert_array_equal(shuffled_NK[:, as_text(names)], probs_NK)

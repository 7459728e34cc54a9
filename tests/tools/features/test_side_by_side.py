"""Features side by side, and which of them the labels bear out."""

from __future__ import annotations

import numpy as np
import pytest

from errata.testing import ToyEmbedder
from errata.tools.features.borne_out import most_borne_out
from errata.tools.features.embedder import unit_rows
from errata.tools.features.side_by_side import SideBySide, side_by_side, ways
from errata.types import F32, Int, Item

ITEMS, CLASSES = 400, 4
RNG = np.random.default_rng(0)
TRUTH_N: Int = np.arange(ITEMS) % CLASSES


def telling(of_N: Int, noise: float) -> F32:
    """f32[400, 16]: vectors about one center for each class, with so much noise."""
    return unit_rows(np.eye(16)[of_N] + noise * RNG.standard_normal((ITEMS, 16)))


def spoiled(share: float) -> Int:
    labels_N = TRUTH_N.copy()
    labels_N[: round(share * ITEMS)] += 1
    return labels_N % CLASSES


def test_distances_are_the_means_of_the_parts_distances() -> None:
    left, right = telling(TRUTH_N, 0.3), telling(TRUTH_N, 0.6)
    both = side_by_side([left, right])
    np.testing.assert_allclose(both @ both.T, (left @ left.T + right @ right.T) / 2, atol=1e-5)
    assert np.isfinite(side_by_side([left, np.zeros_like(right)])).all()


def test_side_by_side_has_the_names_of_its_parts_and_tells_progress_once() -> None:
    narrow, wide = ToyEmbedder(8), ToyEmbedder(32)
    embedder = SideBySide([narrow, wide])
    told: list[int] = []
    items = [Item.of(n, str(n), "", None, text=f"word{n} other") for n in range(5)]
    assert embedder.embed(items, told.append).shape == (5, 40)
    assert embedder.name == "toy and toy" and told == [5]
    assert list(ways(embedder)) == [embedder, narrow, wide]
    assert list(ways(narrow)) == [narrow]


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_one_part_alone_is_used_if_the_other_groups_items_otherwise(share: float) -> None:
    groups_of_no_class = unit_rows(RNG.standard_normal((40, 300))[RNG.integers(0, 40, ITEMS)])
    parts = [telling(TRUTH_N, 0.5), groups_of_no_class]
    assert most_borne_out([side_by_side(parts), *parts], spoiled(share), CLASSES) == 1
    parts.reverse()
    assert most_borne_out([side_by_side(parts), *parts], spoiled(share), CLASSES) == 2


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_both_are_used_if_each_tells_what_the_other_does_not(share: float) -> None:
    parts = [telling(TRUTH_N // 2, 0.2), telling(TRUTH_N % 2, 0.2)]
    assert most_borne_out([side_by_side(parts), *parts], spoiled(share), CLASSES) == 0


def test_without_a_clear_lead_the_first_features_stay() -> None:
    nothing, also_nothing = RNG.standard_normal((2, ITEMS, 16)).astype(np.float32)
    assert most_borne_out([nothing, also_nothing, nothing], TRUTH_N, CLASSES) == 0

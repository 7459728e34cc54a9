"""The search for neighbors: equal to brute force when exact, and otherwise no worse than promised."""

import numpy as np
import pytest

from errata.tools.detectors.neighbors.neighbor_cells import cells_of, search_cells
from errata.tools.detectors.neighbors.neighbor_search import exact, search
from errata.tools.features.embedder import unit_rows
from errata.types import F32, Int


def clouds(count: int, width: int = 16, seed: int = 0) -> F32:
    rng = np.random.default_rng(seed)
    centers = 2 * rng.standard_normal((20, width))
    return unit_rows((centers[rng.integers(0, 20, count)] + rng.standard_normal((count, width))).astype(np.float32))


def brute(units: F32, k: int) -> Int:
    similarities = units @ units.T
    np.fill_diagonal(similarities, -np.inf)
    return np.argsort(-similarities, axis=1, kind="stable")[:, :k]


@pytest.mark.parametrize(("block", "count"), [(7, 50), (64, 64), (64, 65), (64, 300), (1000, 300)])
def test_blocks_of_any_size_find_the_true_neighbors(block: int, count: int) -> None:
    units = clouds(count)
    indices, similarities = exact(units, 5, block=block)
    np.testing.assert_array_equal(indices, brute(units, 5))
    assert (np.diff(similarities, axis=1) <= 0).all()


def test_blocks_smaller_than_a_neighborhood_still_fill_it() -> None:
    units = clouds(20)
    np.testing.assert_array_equal(exact(units, 10, block=3)[0], brute(units, 10))


def test_progress_ends_at_one() -> None:
    shares: list[float] = []
    exact(clouds(100), 3, shares.append)
    assert shares[-1] == 1


def test_few_directions_find_most_neighbors_if_they_capture_most_of_the_items() -> None:
    sizes = 1 / np.arange(1, 33) ** 1.5
    units = unit_rows((sizes * np.random.default_rng(0).standard_normal((2000, 32))).astype(np.float32))
    indices, similarities = search(units, 10, exact_up_to=1000, leading=8)
    true = brute(units, 10)
    assert (indices != true).any()  # it took the shorter way
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(indices, true, strict=True)]) >= 0.95
    assert (np.diff(similarities, axis=1) <= 0).all()
    np.testing.assert_allclose(similarities[:, 3], (units * units[indices[:, 3]]).sum(axis=1), atol=1e-5)


def test_if_a_few_directions_are_not_enough_the_search_is_exact() -> None:
    units = unit_rows(np.random.default_rng(0).standard_normal((1500, 32)).astype(np.float32))
    np.testing.assert_array_equal(search(units, 10, exact_up_to=1000, leading=8)[0], brute(units, 10))


def test_cells_hold_every_item_once() -> None:
    cells = cells_of(clouds(2000), 50)
    assert len(cells.centers_CD) == 40
    assert sorted(np.concatenate([cells.by_cell.members(cell) for cell in range(40)])) == list(range(2000))


def test_a_few_cells_hold_the_neighbors_of_items_that_lie_in_clouds() -> None:
    units = clouds(3000, width=8)
    shares: list[float] = []
    indices, similarities = search(units, 10, shares.append, exact_up_to=1000, cell=50)
    true = brute(units, 10)
    assert (indices != true).any()  # not all were compared with all
    assert (true[:, :, None] == indices[:, None]).any(axis=2).mean() >= 0.94
    assert (indices != np.arange(3000)[:, None]).all()
    assert all(len(set(row)) == 10 for row in indices.tolist())
    assert (np.diff(similarities, axis=1) <= 0).all()
    np.testing.assert_allclose(similarities[:, 3], (units * units[indices[:, 3]]).sum(axis=1), atol=1e-5)
    assert shares[-1] == 1


def test_beyond_the_most_comparisons_fewer_cells_are_looked_into() -> None:
    units = unit_rows(np.random.default_rng(0).standard_normal((1500, 32)).astype(np.float32))
    indices, _ = search(units, 10, exact_up_to=1000, cell=50, most_compared=100)
    np.testing.assert_array_equal(indices, search_cells(units, 10, cells_of(units, 50), 2)[0])
    assert (indices != brute(units, 10)).any()


def test_all_cells_find_all_neighbors() -> None:
    units = clouds(1000)
    np.testing.assert_array_equal(search_cells(units, 5, cells_of(units, 50), 20, asking=700)[0], brute(units, 5))


def test_nearly_the_same_is_found_in_a_few_cells_where_the_rest_has_no_structure() -> None:
    rng = np.random.default_rng(0)
    units = unit_rows(rng.standard_normal((2000, 64)).astype(np.float32))
    near_copies = unit_rows((units[:200] + 0.02 * rng.standard_normal((200, 64))).astype(np.float32))
    both = np.concatenate([units, near_copies])
    indices, _ = search_cells(both, 5, cells_of(both, 50), 4, asking=700)
    assert (indices[2000:] == np.arange(200)[:, None]).any(axis=1).mean() > 0.99


def test_if_the_nearest_cell_has_too_few_all_are_compared() -> None:
    units = unit_rows(np.eye(4, dtype=np.float32)[np.repeat(np.arange(4), [997, 1, 1, 1])])
    indices, similarities = search_cells(units, 5, cells_of(units, 50), 1, asking=700)
    assert np.isfinite(similarities).all()
    assert (indices != np.arange(1000)[:, None]).all()


def test_copies_of_one_item_are_each_others_neighbors() -> None:
    indices, similarities = search(np.tile(clouds(1), (1500, 1)), 5, exact_up_to=1000, cell=50)
    np.testing.assert_allclose(similarities, 1, atol=1e-6)
    assert (indices != np.arange(1500)[:, None]).all()


def test_with_many_copies_the_same_neighbors_are_found_again() -> None:
    units = clouds(40)[np.random.default_rng(0).integers(0, 40, 5000)]
    np.testing.assert_array_equal(exact(units, 5)[0], exact(units, 5)[0])

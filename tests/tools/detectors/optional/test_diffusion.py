"""Local diffusion: equal to personalized PageRank, blind to the item's own label, as cheap among many items as few."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.tools.detectors.optional.diffusion import membership
from tests.tools.detectors.made import planted


def test_planted_errors_have_the_smallest_shares() -> None:
    from sklearn.metrics import roc_auc_score

    vectors, given, wrong, truth = planted()
    near = neighbors(vectors)
    shares = np.stack([membership(near, given, item, 3).shares_K for item in range(len(given))])
    assert roc_auc_score(wrong, -shares[np.arange(len(given)), given]) >= 0.95
    assert (shares.argmax(axis=1) == truth).mean() >= 0.97


def test_the_masses_are_those_of_personalized_pagerank() -> None:
    vectors, given, _, _ = planted(per_class=8)
    near, item, count = neighbors(vectors, 3), 5, 24
    walk = np.zeros((count, count))
    for u in range(count):
        for v in near.indices_Nk[u]:
            walk[u, v] = 1 if given[u] == given[v] or item in (u, v) else 0.05
    walk /= walk.sum(axis=1, keepdims=True)
    pagerank = 0.15 * np.linalg.inv(np.eye(count) - 0.85 * walk.T)[:, item]
    pagerank[item] = 0
    found = membership(near, given, item, 3, smallest=1e-9)
    np.testing.assert_allclose(found.masses_M, pagerank[found.indices_M] / pagerank.sum(), atol=1e-5)
    assert found.shares_K.tolist() == pytest.approx(np.bincount(given, pagerank / pagerank.sum()).tolist(), abs=1e-5)


def test_the_carriers_come_heaviest_first_without_the_item_and_sum_to_one() -> None:
    vectors, given, _, _ = planted()
    found = membership(neighbors(vectors), given, 9, 3)
    assert (np.diff(found.masses_M) <= 0).all()
    assert 9 not in found.indices_M
    assert found.masses_M.sum() == pytest.approx(1, rel=1e-5)


def test_the_item_s_own_label_takes_no_part() -> None:
    vectors, given, _, _ = planted()
    near, changed = neighbors(vectors), given.copy()
    changed[9] = (given[9] + 1) % 3
    np.testing.assert_array_equal(membership(near, changed, 9, 3).shares_K, membership(near, given, 9, 3).shares_K)


def test_walks_cross_to_another_label_less_often_than_they_stay() -> None:
    vectors, given, _, _ = planted(0.3)
    near = neighbors(vectors)
    careful = np.mean([membership(near, given, item, 3).shares_K.max() for item in range(0, 180, 9)])
    alike = [membership(near, given, item, 3, disagreement=1).shares_K.max() for item in range(0, 180, 9)]
    assert careful > np.mean(alike)


def test_a_million_items_that_no_walk_reaches_are_not_read() -> None:
    # Only the first 100 rows can be read without an error: the rest point outside.
    near = np.random.default_rng(0).integers(0, 100, (1_000_000, 5))
    near[100:] = 10**7
    found = membership(Neighbors(near, np.ones((1, 5), np.float32)), np.zeros(1_000_000, np.int64), 3, 2)
    assert found.indices_M.max() < 100
    assert found.shares_K.tolist() == pytest.approx([1, 0])


def test_permuted_class_ids_permute_the_shares() -> None:
    vectors, given, _, _ = planted()
    near, order = neighbors(vectors), np.array([2, 0, 1])
    permuted = membership(near, np.argsort(order)[given], 4, 3).shares_K
    np.testing.assert_allclose(permuted, membership(near, given, 4, 3).shares_K[order], rtol=1e-6)


@pytest.mark.parametrize(("count", "classes"), [(1, 1), (2, 5), (30, 1)])
def test_degenerate_input_gives_finite_shares(count: int, classes: int) -> None:
    found = membership(neighbors(np.ones((count, 3), np.float32)), np.zeros(count, np.int64), 0, classes)
    assert found.shares_K.sum() == pytest.approx(float(count > 1))
    assert len(found.shares_K) == classes


def test_an_item_that_is_not_there_is_refused() -> None:
    with pytest.raises(DataError, match="no item 3 among 3"):
        membership(neighbors(np.eye(3, dtype=np.float32)), np.zeros(3, np.int64), 3, 2)

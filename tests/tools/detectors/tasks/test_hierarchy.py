"""Hierarchy: distances in a small tree by hand, back-off to the broader label, severe changes."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.tasks.hierarchy import back_off, detect, expected_distance, severe, tree
from errata.types import LabelSpace

NAMES = ("cat", "dog", "car", "bus", "animal")
ZOO = tree(LabelSpace(NAMES, parents={"cat": "animal", "dog": "animal", "car": "vehicle", "bus": "vehicle"}))
CAT, DOG, CAR, BUS, ANIMAL, VEHICLE, ROOT = range(7)


def test_the_nodes_are_the_labels_then_the_other_parents_then_the_root() -> None:
    assert ZOO.nodes == (*NAMES, "vehicle", "")
    assert ZOO.depths_V.tolist() == [2, 2, 2, 2, 1, 1, 0]


def test_distances_are_edges_on_the_way() -> None:
    assert ZOO.distances_VV[CAT].tolist() == [0, 2, 4, 4, 1, 3, 2]
    assert (ZOO.distances_VV == ZOO.distances_VV.T).all()


def test_without_parents_all_labels_are_siblings() -> None:
    flat = tree(LabelSpace(("a", "b", "c")))
    assert flat.distances_VV[:3, :3].tolist() == [[0, 2, 2], [2, 0, 2], [2, 2, 0]]
    assert not severe([0, 1], [1, 2], flat).any()


def test_back_off_goes_to_the_deepest_node_that_holds_enough() -> None:
    probs = [
        [0.97, 0.03, 0, 0, 0],
        [0.5, 0.48, 0.02, 0, 0],
        [0.2, 0.2, 0.6, 0, 0],
        [0.1, 0, 0, 0, 0.9],
        [0, 0, 0.5, 0.5, 0],
    ]
    assert back_off(probs, ZOO).tolist() == [CAT, ANIMAL, ROOT, ANIMAL, VEHICLE]
    assert back_off(probs, ZOO, 0.55).tolist() == [CAT, ANIMAL, CAR, ANIMAL, VEHICLE]


def test_what_rounding_leaves_below_enough_goes_to_the_root() -> None:
    assert back_off([[0.5, 0, 0.4995, 0, 0]], ZOO, 0.9999).tolist() == [ROOT]


def test_the_risk_of_a_decision_is_its_expected_distance() -> None:
    risk = expected_distance([[0.5, 0, 0.5, 0, 0]] * 7, range(7), ZOO)
    assert risk.tolist() == [2, 3, 2, 3, 2, 2, 2]


def test_a_label_from_another_branch_is_worse_than_a_sibling_and_flagged() -> None:
    probs = np.tile([0.6, 0.38, 0.01, 0.01, 0], (3, 1))
    scores = detect([CAT, DOG, CAR], probs, ZOO)
    assert scores.flag.tolist() == [False, False, True]
    assert scores.quality[0] > scores.quality[1] > scores.quality[2] + 0.4
    assert scores.quality[0] == pytest.approx(1 - (0.38 * 2 + 0.02 * 4) / 4)


def test_a_change_within_a_parent_is_minor_and_across_parents_severe() -> None:
    assert severe([CAT, CAT, CAT, CAT], [DOG, ANIMAL, CAR, VEHICLE], ZOO).tolist() == [False, False, True, True]


def test_planted_errors_across_branches_rank_below_those_within() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(0, 4, 300)
    probs = 0.9 * np.eye(5)[true] + 0.1 * rng.dirichlet(np.ones(5), 300)
    given = true.copy()
    within, across = np.arange(10), np.arange(10, 20)
    given[within], given[across] = given[within] ^ 1, given[across] ^ 2
    quality = detect(given, probs, ZOO).quality
    assert quality[across].max() < quality[within].min() <= quality[within].max() < quality[20:].min()


def test_many_items_are_decided_as_each_alone() -> None:
    probs = np.random.default_rng(0).dirichlet(np.full(5, 0.2), 90_000).astype(np.float32)
    some = [0, 1, 50_000, 89_999]
    assert back_off(probs, ZOO)[some].tolist() == [int(back_off(probs[i : i + 1], ZOO)[0]) for i in some]


def test_permuted_labels_permute_the_result() -> None:
    order = np.array([3, 4, 0, 2, 1])
    parents = {"cat": "animal", "dog": "animal", "car": "vehicle", "bus": "vehicle"}
    other = tree(LabelSpace(tuple(NAMES[k] for k in order), parents=parents))
    probs, labels = np.random.default_rng(0).dirichlet(np.ones(5), 20), np.arange(20) % 5
    base, permuted = detect(labels, probs, ZOO), detect(np.argsort(order)[labels], probs[:, order], other)
    np.testing.assert_allclose(permuted.quality, base.quality, rtol=1e-5)
    assert permuted.flag.tolist() == base.flag.tolist()


def test_a_single_label_and_half_precision_are_no_trouble() -> None:
    assert detect([0], [[1.0]], tree(LabelSpace(("only",)))).quality.tolist() == [1]
    probs = np.asfortranarray(np.eye(5, dtype=np.float16))
    probs.flags.writeable = False
    assert detect(np.arange(5), probs, ZOO).quality.tolist() == pytest.approx([1] * 5)


def test_invalid_input_is_refused() -> None:
    with pytest.raises(DataError, match="circle"):
        tree(LabelSpace(("a", "b"), parents={"a": "b", "b": "a"}))
    with pytest.raises(DataError, match="each of 5 labels, got 2"):
        detect([0], [[0.5, 0.5]], ZOO)
    with pytest.raises(DataError, match="no probability distribution"):
        detect([0], [[np.nan] * 5], ZOO)

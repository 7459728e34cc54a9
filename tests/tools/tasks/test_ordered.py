"""Labels with distances: an order, and trees; a far mistake weighs more than a near one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from errata.errors import DataError
from errata.settings import Costs
from errata.tools.inference.outcome import cheapest
from errata.tools.inference.posterior import Posteriors
from errata.tools.inference.severity import expected_distances
from errata.tools.tasks import ordered, single
from errata.tools.tasks.task import Column, LabelOptions, Labels
from errata.types import LabelSpace

STARS = ("1", "2", "3", "4", "5")


def read(*values: object, **options: object) -> Labels:
    return ordered.TASK.read(Column("stars", values), LabelOptions(**options))  # type: ignore[arg-type]


def posteriors(probs_S: list[float], given: int = 0) -> Posteriors:
    """Of one item whose candidates are the first labels, the given one first."""
    labels = [given, *(k for k in range(len(probs_S) - 2) if k != given)]
    return Posteriors(
        np.array([labels]),
        np.array([probs_S]),
        np.zeros(1, int),
        np.zeros(1, bool),
        np.array([given]),
        LabelSpace(STARS),
    )


def test_whole_numbers_are_in_their_order_and_words_in_that_of_the_user(tmp_path: Path) -> None:
    assert read(*["10", "2", "1", "2", "1", "10"]).space.names == ("1", "2", "10")
    found = read("good", "bad", "good", "bad", order=("bad", "fair", "good"))
    assert (found.space.names, found.space.task) == (("bad", "fair", "good"), "ordered")
    (tmp_path / "labels.toml").write_text("[labels.low]\n[labels.mid]\n[labels.high]\n")
    assert read("high", "low", "high", "low", file=tmp_path / "labels.toml").space.names == ("low", "mid", "high")


@pytest.mark.parametrize(
    ("order", "message"),
    [((), "Pass --order"), (("bad",), "lacks the label 'good'"), (("bad", "good", "bad"), "names 'bad' twice")],
)
def test_words_without_a_whole_order_are_refused(order: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read("good", "bad", "good", "bad", order=order)


def test_the_expected_distance_counts_steps() -> None:
    distances_KK = ordered.TASK.distances(LabelSpace(STARS))
    near, far = [0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0]
    assert expected_distances(posteriors(near), distances_KK).tolist() == [0.5]
    assert expected_distances(posteriors(far), distances_KK).tolist() == [2.0]
    assert expected_distances(posteriors([0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.8]), distances_KK)[0] == pytest.approx(0.8)


def test_a_far_mistake_is_worth_a_look_that_a_near_one_is_not() -> None:
    distances_KK = ordered.TASK.distances(LabelSpace(STARS))
    near, far = [0.85, 0.15, 0.0, 0.0, 0.0, 0.0, 0.0], [0.85, 0.0, 0.0, 0.0, 0.15, 0.0, 0.0]
    assert [cheapest(posteriors(p), Costs(), distances_KK) for p in (near, far)] == [["keep"], ["ambiguous"]]
    assert [cheapest(posteriors(p), Costs()) for p in (near, far)] == [["keep"], ["keep"]]


def test_with_equal_distances_nothing_costs_other_than_before() -> None:
    same_KK = 1 - np.eye(5, dtype=np.float32)
    rng = np.random.default_rng(0)
    for probs_S in rng.dirichlet(np.full(7, 0.3), 200):
        one = posteriors(probs_S.tolist())
        assert cheapest(one, Costs(), same_KK) == cheapest(one, Costs())


def test_paths_are_a_tree_in_which_siblings_are_an_ordinary_mistake_apart() -> None:
    names = ("animal > cat > lynx", "animal > cat > tiger", "animal > dog", "plant")
    space = LabelSpace(names, parents=single.paths(names, " > "))
    assert space.parents["animal > cat > lynx"] == "animal > cat" and space.parents["animal > cat"] == "animal"
    distances_KK = single.TASK.distances(space)
    assert distances_KK is not None
    assert distances_KK[0].tolist() == [0.0, 1.0, 1.5, 2.0]
    assert single.TASK.distances(LabelSpace(names)) is None

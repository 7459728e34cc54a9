"""Neighbor ranks: flags as many of each class as its noise, the worst-supported ones first."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from errata.errors import DataError
from errata.tools.detectors.confident.transition import NoiseChannel
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors, weighted_votes
from errata.tools.detectors.optional import neighbor_rank
from errata.tools.detectors.optional.neighbor_rank import detect
from errata.types import F32, Bool, Int
from tests.tools.detectors.made import distribution


def blobs(per_class: int = 60, classes: int = 3, seed: int = 0) -> tuple[F32, Int]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    return (5 * np.eye(classes, 8)[labels] + rng.normal(size=(len(labels), 8))).astype(np.float32), labels


def planted(share: float = 0.1, seed: int = 0, **shape: int) -> tuple[F32, Int, Bool]:
    vectors, truth = blobs(seed=seed, **shape)
    wrong = np.random.default_rng(seed + 1).random(len(truth)) < share
    return vectors, np.where(wrong, (truth + 1) % (truth.max() + 1), truth), wrong


def test_planted_errors_are_ranked_first() -> None:
    from sklearn.metrics import roc_auc_score

    vectors, given, wrong = planted()
    scores = detect(neighbors(vectors), given, 3)
    assert roc_auc_score(wrong, -scores.quality) >= 0.95
    assert (scores.flag & wrong).sum() >= 0.9 * wrong.sum()
    assert (scores.flag & ~wrong).sum() <= 0.2 * wrong.sum()


def test_the_quality_of_a_hand_computed_item() -> None:
    # Item 0, given 0, sees one of class 1 at .8 and one of class 0 at .6; it votes itself with 2 * .8 - .6 = 1.
    near = Neighbors(np.array([[1, 2], [0, 2], [1, 0]]), np.array([[0.8, 0.6], [0.8, 0.5], [0.6, 0.5]], np.float32))
    scores = detect(near, np.array([0, 1, 0]), 2)
    assert scores.quality[0] == pytest.approx(1.6 / np.hypot(1.6, 0.8))
    assert distribution(scores)[0].tolist() == pytest.approx([(0.6 + 2 / 3) / 2.4, (0.8 + 1 / 3) / 2.4])


def test_each_class_loses_the_share_that_the_channel_calls_wrong_and_the_worst_of_it() -> None:
    vectors, given, _ = planted(per_class=100)
    channel = NoiseChannel(np.array([[1, 0, 0], [0.25, 0.75, 0], [0, 0, 1.0]]), np.array([0.6, 0.2, 0.2]))
    scores = detect(neighbors(vectors), given, 3, channel)
    share = 0.2 * 0.25 / (0.6 + 0.2 * 0.25)
    assert scores.flag[given == 0].sum() == round(share * (given == 0).sum())
    assert not scores.flag[given > 0].any()
    assert scores.quality[scores.flag].max() <= scores.quality[~scores.flag & (given == 0)].min()


def test_no_class_is_flagged_whole() -> None:
    vectors, given, _ = planted(per_class=40)
    swapped = NoiseChannel(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]]), np.full(3, 1 / 3))
    flag = detect(neighbors(vectors), given, 3, swapped).flag
    assert flag[given == 0].sum() == round(neighbor_rank.LARGEST_SHARE * (given == 0).sum())


def test_a_rare_clean_group_is_not_flagged() -> None:
    vectors, given, _ = planted()
    rare = np.random.default_rng(5).normal(size=(15, 8)).astype(np.float32) * 0.3 - 6
    scores = detect(neighbors(np.vstack([vectors, rare])), np.append(given, [0] * 15), 3)
    assert scores.flag[-15:].sum() <= 1


def test_permuted_class_ids_give_the_same_scores() -> None:
    vectors, given, _ = planted()
    order = np.array([2, 0, 1])
    one, two = detect(neighbors(vectors), given, 3), detect(neighbors(vectors), np.argsort(order)[given], 3)
    np.testing.assert_allclose(one.quality, two.quality, rtol=1e-5)
    np.testing.assert_allclose(distribution(one)[:, order], distribution(two), rtol=1e-5)


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    [
        (np.zeros((6, 3)), [0, 0, 1, 1, 2, 2], 3),
        (np.ones((6, 3), np.float16), [0, 0, 1, 1, 2, 2], 9),
        (np.eye(1), [0], 1),
        (np.eye(2), [4, 7], 12),
        (np.arange(12.0).reshape(4, 3)[:, ::-1], [0, 0, 0, 0], 2),
    ],
)
def test_degenerate_input_gives_finite_scores(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    scores = detect(neighbors(vectors), np.array(labels), classes)
    assert ((scores.quality >= 0) & (scores.quality <= 1)).all()
    np.testing.assert_allclose(distribution(scores).sum(axis=1), 1, rtol=1e-5)


def test_votes_add_up_in_read_only_and_strided_arrays() -> None:
    near = neighbors(blobs()[0], 6)
    labels = np.repeat(blobs()[1], 2)[::2]
    labels.flags.writeable = False
    votes = weighted_votes(near, near.similarities_Nk[:, ::-1], labels, 3)
    item = 17
    expected = [near.similarities_Nk[item, ::-1][labels[near.indices_Nk[item]] == k].sum() for k in range(3)]
    assert votes[item].tolist() == pytest.approx(expected, rel=1e-5)


def test_neighbors_of_other_items_are_refused() -> None:
    with pytest.raises(DataError, match="2 labeled items, got 3"):
        detect(neighbors(np.eye(3)), np.array([0, 1]), 2)

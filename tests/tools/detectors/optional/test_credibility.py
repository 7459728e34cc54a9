"""Credibility: agreement beyond chance, soft labels that leave the item out, and the corrector's margin."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from errata.errors import DataError
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.tools.detectors.optional.credibility import corrected, credibility, detect, soft_labels
from tests.tools.detectors.made import distribution, planted


def test_planted_errors_are_found_and_put_right() -> None:
    from sklearn.metrics import roc_auc_score

    vectors, given, wrong, truth = planted()
    scores = detect(neighbors(vectors), given, 3)
    assert roc_auc_score(wrong, -scores.quality) >= 0.95
    assert (scores.flag & wrong).sum() >= 0.9 * wrong.sum()
    assert (scores.flag & ~wrong).sum() <= 0.1 * wrong.sum()
    assert (corrected(distribution(scores), given) == truth).mean() >= 0.97


def test_the_credibility_of_a_hand_computed_item() -> None:
    # Distances .2 and .4: the first weighs exp(-1/8), the second, as far as the bandwidth, exp(-1/2). Two of three are
    # given 0, so chance is 2/3.
    near = Neighbors(np.array([[1, 2], [0, 2], [0, 1]]), np.array([[0.8, 0.6]] * 3, np.float32))
    far, close = np.exp(-1 / 2), np.exp(-1 / 8)
    share = (far + 2 / 3) / (far + close + 1)
    odds = share / (1 - share) / 2
    assert credibility(near, np.array([0, 1, 0]), 2)[0] == pytest.approx(odds / (1 + odds), rel=1e-5)


def test_agreement_no_better_than_chance_is_worth_one_half() -> None:
    near = Neighbors(np.array([[1, 2], [0, 2], [3, 0], [2, 1]]), np.full((4, 2), 0.5, np.float32))
    assert credibility(near, np.array([0, 0, 1, 1]), 2)[0] == pytest.approx(0.5)


def test_a_rare_label_needs_fewer_neighbors_on_its_side() -> None:
    # Items 0 and 1 each have one of four neighbors on their side; 1's label is rarer.
    labels = np.array([0, 1, 0, 1, 0, 0, 0, 0, 0, 2])
    near = Neighbors(np.tile([2, 3, 9, 9], (10, 1)), np.full((10, 4), 0.7, np.float32))
    quality = credibility(near, labels, 3)
    assert quality[1] > quality[0]


def test_soft_labels_follow_the_kernel_by_hand() -> None:
    near = Neighbors(np.array([[1, 2], [0, 2], [0, 1]]), np.array([[0.8, 0.6]] * 3, np.float32))
    nearest = 1 / (1 + np.exp(-5 * 0.2))
    soft = soft_labels(near, np.array([0, 1, 0]), 2, kappas=(5.0,))
    assert soft[0].tolist() == pytest.approx([0.9 * (1 - nearest) + 0.1 * 2 / 3, 0.9 * nearest + 0.1 / 3], rel=1e-5)


def test_the_kernel_is_sharp_where_only_the_nearest_agree_and_flat_where_none_knows_better() -> None:
    near = Neighbors(np.array([[1, 2], [0, 3], [3, 0], [2, 1]]), np.array([[0.9, 0.5]] * 4, np.float32))
    labels = np.array([0, 0, 1, 1])
    assert soft_labels(near, labels, 2)[0, 0] == pytest.approx(0.95)
    swapped = Neighbors(near.indices_Nk[:, ::-1].copy(), near.similarities_Nk)
    assert soft_labels(swapped, labels, 2)[0].tolist() == pytest.approx([0.5, 0.5])


def test_an_item_takes_no_part_in_its_own_scores() -> None:
    vectors, given, _, _ = planted()
    near = neighbors(vectors)
    before, changed = soft_labels(near, given, 3), given.copy()
    item = 7
    changed[item] = (given[item] + 1) % 3
    # What is left is the class' share, which one label of 180 moves by 1/180 of a tenth.
    np.testing.assert_allclose(soft_labels(near, changed, 3)[item], before[item], atol=2e-3)


def test_a_correction_needs_the_margin() -> None:
    assert corrected(np.array([[0.35, 0.65], [0.42, 0.58]]), np.array([0, 0])).tolist() == [1, 0]


def test_permuted_class_ids_permute_the_soft_labels() -> None:
    vectors, given, _, _ = planted()
    order = np.array([2, 0, 1])
    one, two = detect(neighbors(vectors), given, 3), detect(neighbors(vectors), np.argsort(order)[given], 3)
    np.testing.assert_allclose(distribution(one)[:, order], distribution(two), atol=1e-6)
    np.testing.assert_allclose(one.quality, two.quality, atol=1e-6)


def test_a_rare_clean_group_is_not_flagged() -> None:
    vectors, given, _, _ = planted()
    rare = np.random.default_rng(5).normal(size=(15, 8)).astype(np.float32) * 0.3 - 6
    scores = detect(neighbors(np.vstack([vectors, rare])), np.append(given, [0] * 15), 3)
    assert not scores.flag[-15:].any()


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    [
        (np.zeros((6, 3)), [0, 0, 1, 1, 2, 2], 3),
        (np.ones((6, 3), np.float16), [0, 0, 1, 1, 2, 2], 9),
        (np.eye(1), [0], 1),
        (np.eye(2), [4, 7], 12),
        (np.eye(4), [0, 0, 0, 0], 1),
    ],
)
def test_degenerate_input_gives_finite_distributions(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    scores = detect(neighbors(vectors), np.array(labels), classes)
    assert ((scores.quality >= 0) & (scores.quality <= 1)).all()
    np.testing.assert_allclose(distribution(scores).sum(axis=1), 1, rtol=1e-5)


def test_invalid_arrays_are_refused() -> None:
    with pytest.raises(DataError, match="2 labeled items, got 3"):
        detect(neighbors(np.eye(3)), np.array([0, 1]), 2)
    with pytest.raises(DataError, match="Row 1"):
        corrected(np.array([[1, 0], [np.nan, 0]]), np.array([0, 1]))

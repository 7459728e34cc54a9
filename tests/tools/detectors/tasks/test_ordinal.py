"""Ordered labels: a distant label is worse than a near one, in quality and in flags."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.neighbors.neighbors import neighbor_votes, neighbors
from errata.tools.detectors.tasks import ordinal
from errata.types import F32, Int, Scores


def line(per_class: int = 40, classes: int = 5, noise: float = 0.1, seed: int = 0) -> tuple[F32, Int]:
    """Items along an arc, their label their place on it."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    angle = labels / 3 + noise * rng.uniform(-1, 1, len(labels))
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32), labels


def detect(vectors: NDArray[Any], labels: ArrayLike, classes: int) -> Scores:
    return ordinal.detect(labels, neighbor_votes(neighbors(vectors), np.asarray(labels), classes))


def test_the_expected_distance_of_a_hand_computed_case() -> None:
    distances = ordinal.expected_distance(np.array([[0.5, 0, 0.5], [0, 1, 0]], np.float32))
    assert distances.tolist() == pytest.approx(np.array([[1, 1, 1], [1, 0, 1]]))


def test_quality_falls_with_the_expected_distance() -> None:
    quality = ordinal.detect(np.arange(3), [[0.7, 0.2, 0.1]] * 3).quality
    assert quality.tolist() == pytest.approx([1 - 0.4 / 2, 1 - 0.8 / 2, 1 - 1.6 / 2])


def test_a_label_between_the_likely_ones_is_not_flagged_and_one_beyond_them_is() -> None:
    assert ordinal.detect(np.arange(4), [[0.45, 0.04, 0.46, 0.05]] * 4).flag.tolist() == [False, False, False, True]


def test_the_farther_a_label_is_moved_the_lower_its_quality() -> None:
    vectors, labels = line()
    moved = []
    for to in range(5):
        given = labels.copy()
        given[3] = to
        moved.append(detect(vectors, given, 5).quality[3])
    assert moved == sorted(moved, reverse=True)
    assert moved[0] > 0.9


def test_planted_far_labels_are_found_and_flagged() -> None:
    vectors, labels = line()
    wrong = np.random.default_rng(1).choice(len(labels), 20, replace=False)
    given = labels.copy()
    given[wrong] = np.where(labels[wrong] < 2, labels[wrong] + 3, labels[wrong] - 2)
    scores = detect(vectors, given, 5)
    planted = np.isin(np.arange(len(labels)), wrong)
    assert roc_auc_score(planted, -scores.quality) >= 0.98
    assert scores.flag[planted].mean() > 0.7
    assert scores.flag[~planted].mean() < 0.05


def test_a_rare_clean_class_is_not_flagged_in_bulk() -> None:
    vectors, labels = line()
    kept = np.r_[0:160, 160:175]
    assert detect(vectors[kept], labels[kept], 5).flag[-15:].sum() <= 2


def test_an_order_turned_around_changes_nothing() -> None:
    vectors, labels = line()
    given = np.roll(labels, 3)
    np.testing.assert_allclose(detect(vectors, 4 - given, 5).quality, detect(vectors, given, 5).quality, atol=1e-5)


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    [
        (np.zeros((6, 3)), [0, 0, 1, 1, 2, 2], 3),
        (np.ones((6, 3), np.float16), [0, 0, 1, 1, 8, 8], 9),
        (np.eye(1), [0], 1),
        (np.asfortranarray(np.eye(4))[::-1], [3, 3, 3, 3], 12),
    ],
)
def test_degenerate_input_gives_qualities_between_0_and_1(
    vectors: NDArray[Any], labels: list[int], classes: int
) -> None:
    vectors.flags.writeable = False
    quality = detect(vectors, labels, classes).quality
    assert ((quality >= 0) & (quality <= 1)).all()


def test_invalid_input_is_refused() -> None:
    with pytest.raises(DataError, match="Row 0"):
        ordinal.detect([0, 1], np.full((2, 2), np.nan))
    with pytest.raises(DataError, match=r"0\.\.1"):
        ordinal.detect([0, 2], np.eye(2))

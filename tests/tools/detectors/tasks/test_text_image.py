"""Image-text pairs: swapped texts are found from neighbors alone, levels and pseudo-classes by hand."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.neighbors.neighbors import Neighbors
from errata.tools.detectors.tasks import text_image
from errata.tools.detectors.tasks.text_image import (
    agreement,
    alignment_levels,
    detect,
    distance_to_neighbors,
    misfitting,
    pseudo_classes,
)
from errata.types import F64, Bool


def pairs(count: int = 400, topics: int = 8, swapped: int = 40, seed: int = 0) -> tuple[F64, F64, Bool]:
    """Images and texts of shared topics in two different spaces; the first ``swapped`` texts are about another
    topic."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(0, topics, count)
    told = topic.copy()
    told[:swapped] = (topic[:swapped] + rng.integers(1, topics, swapped)) % topics
    images = rng.normal(size=(topics, 16))[topic] + 0.4 * rng.normal(size=(count, 16))
    texts = rng.normal(size=(topics, 24))[told] + 0.4 * rng.normal(size=(count, 24))
    return images, texts, np.arange(count) < swapped


def test_swapped_texts_have_the_lowest_quality_and_are_flagged() -> None:
    images, texts, wrong = pairs()
    scores = detect(images, texts)
    assert roc_auc_score(wrong, -scores.quality) >= 0.98
    assert scores.flag[wrong].mean() > 0.9
    assert scores.flag[~wrong].mean() < 0.02


def test_of_pairs_that_all_fit_none_is_flagged() -> None:
    images, texts, _ = pairs(swapped=0)
    assert not detect(images, texts).flag.any()


def test_nothing_is_flagged_by_vectors_that_cannot_tell() -> None:
    images, texts, _ = pairs()
    assert not detect(np.random.default_rng(1).permutation(images), texts).flag.any()


def test_twice_as_many_do_not_fit_as_lie_beyond_the_median_of_chance() -> None:
    chance = np.array([1, 2, 3, 4, 5], np.float32)
    apart = np.array([0] * 6 + [2, 3, 4, 5], np.float32)
    assert misfitting(apart, chance) == 4
    assert misfitting(np.minimum(apart, 3), chance) == 0
    assert misfitting(apart[5:], chance) == 0, "more than half: nothing can be told"
    assert misfitting(apart[:0], chance[:0]) == 0


def test_a_rare_clean_topic_is_not_flagged_in_bulk() -> None:
    rng = np.random.default_rng(0)
    topic = np.r_[np.zeros(150, int), np.ones(150, int), np.full(15, 2)]
    images = 4 * np.eye(3, 8)[topic] + 0.5 * rng.normal(size=(315, 8))
    texts = 4 * np.eye(3, 12)[topic] + 0.5 * rng.normal(size=(315, 12))
    assert detect(images, texts).flag[-15:].sum() <= 2


def test_a_cosine_in_a_common_space_is_a_third_witness() -> None:
    images, texts, wrong = pairs()
    noise = np.random.default_rng(1)
    cosine = np.where(wrong, 0.1, 0.3) + 0.02 * noise.normal(size=len(wrong))
    images, texts = noise.permutation(images), noise.permutation(texts)
    assert roc_auc_score(wrong, -detect(images, texts, cosine).quality) > 0.9
    assert roc_auc_score(wrong, -detect(images, texts).quality) < 0.7


def test_the_distance_to_neighbors_of_a_hand_computed_case() -> None:
    near = Neighbors(np.array([[1, 2], [0, 2], [0, 1]]), np.array([[1, 0.9], [1, 0.9], [0.9, 0.9]], np.float32))
    texts = np.eye(2, dtype=np.float32)[[0, 0, 1]]
    little = np.exp(-text_image.SHARPNESS * 0.1)
    expected = [little / (1 + little), little / (1 + little), 1]
    assert distance_to_neighbors(near, texts).tolist() == pytest.approx(expected)


def test_an_item_is_no_witness_of_its_own_side_under_another() -> None:
    near = Neighbors(np.array([[1, 2], [0, 2], [0, 1]]), np.ones((3, 2), np.float32))
    texts = np.eye(3, dtype=np.float32)[[0, 0, 1]]
    told = distance_to_neighbors(near, texts, np.array([1, 2, 0]))
    assert told.tolist() == pytest.approx([1, 1, 0])


def test_two_views_agree_if_the_text_fits() -> None:
    images, texts, wrong = pairs()
    assert roc_auc_score(wrong, -agreement(images, texts, pseudo_classes(texts, 8))) >= 0.95


def test_pseudo_classes_are_the_topics_and_never_more_than_distinct_texts() -> None:
    assert len(set(pseudo_classes(np.repeat(np.eye(3), 4, axis=0), 9).tolist())) == 3
    clusters = pseudo_classes(np.repeat(np.eye(3), 4, axis=0), 3)
    assert (clusters == np.repeat(clusters[::4], 4)).all()


def test_levels_are_eight_bins_of_equal_width() -> None:
    assert alignment_levels([0, 0.05, 0.15, 0.25, 0.45, 0.65, 0.75, 0.8]).tolist() == [0, 0, 1, 2, 4, 6, 7, 7]
    assert alignment_levels([0.3, 0.3]).tolist() == [7, 7]
    assert alignment_levels([]).tolist() == []


def test_the_scale_of_the_vectors_does_not_matter() -> None:
    images, texts, _ = pairs(count=80)
    np.testing.assert_allclose(detect(7 * images, texts / 3).quality, detect(images, texts).quality, rtol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 6])
@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_degenerate_input_gives_finite_scores(count: int, fill: float) -> None:
    images = np.asfortranarray(np.full((count, 3), fill, np.float16))
    images.flags.writeable = False
    scores = detect(images, np.eye(count, 9), np.zeros(count))
    assert np.isfinite(scores.quality).all()
    assert not np.isnan(agreement(images, np.eye(count, 9), pseudo_classes(np.eye(count, 9), 3))).any()


def test_invalid_input_is_refused() -> None:
    with pytest.raises(DataError, match="shape"):
        detect(np.eye(3), np.eye(2))
    with pytest.raises(DataError, match="Row 1"):
        detect(np.eye(2), np.array([[1.0], [np.nan]]))
    with pytest.raises(DataError, match="Cosines must be 2"):
        detect(np.eye(2), np.eye(2), [0.5, np.nan])

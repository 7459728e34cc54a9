"""Multi-label marks: missing and superfluous ones are distinguished, rates are recovered, degenerate tables work."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from errata.errors import DataError, SetupError
from errata.tools.detectors.probs.ridge import Ridge
from errata.tools.detectors.tasks.multi_label import (
    STEEPEST,
    Channel,
    channel_loss,
    detect,
    fit_channel,
    fit_channels,
    marked,
    nearest_centers,
    scores_of,
    true_given_marks,
    true_probs,
)
from errata.types import F32, Bool


def sets(items: int = 600, labels: int = 5, width: int = 24, noise: float = 0.3, seed: int = 0) -> tuple[F32, Bool]:
    """Vectors that are the sum of their labels' directions, and the true labels."""
    rng = np.random.default_rng(seed)
    true = rng.random((items, labels)) < 0.3
    true[~true.any(axis=1), 0] = True
    vectors = true @ rng.normal(size=(labels, width)) / np.sqrt(true.sum(axis=1, keepdims=True))
    return (vectors + noise * rng.normal(size=vectors.shape)).astype(np.float32), true


def spoil(true: Bool, missing: float = 0.3, superfluous: float = 0.02, seed: int = 1) -> tuple[Bool, Bool, Bool]:
    rng = np.random.default_rng(seed)
    marks = np.where(true, rng.random(true.shape) >= missing, rng.random(true.shape) < superfluous)
    return marks, true & ~marks, ~true & marks


def test_missing_and_superfluous_marks_are_found() -> None:
    vectors, true = sets()
    marks, missing, superfluous = spoil(true)
    probs = true_probs(vectors, marks)
    assert roc_auc_score(missing[~marks], probs[~marks]) >= 0.98
    assert roc_auc_score(superfluous[marks], -probs[marks]) >= 0.95


def test_items_with_a_wrong_mark_have_the_lowest_quality() -> None:
    vectors, true = sets()
    marks, missing, superfluous = spoil(true, missing=0.1)
    wrong = (missing | superfluous).any(axis=1)
    scores = detect(vectors, marks)
    assert roc_auc_score(wrong, -scores.quality) >= 0.95
    assert scores.flag[wrong].mean() > 0.8
    assert scores.flag[~wrong].mean() < 0.05


def test_an_unmarked_label_is_likelier_the_more_often_annotators_miss_it() -> None:
    open_score, unmarked, marked_ = np.zeros(1), np.array([False]), np.array([True])
    often, seldom = Channel(0.5, 0.01, 1, 0), Channel(0.1, 0.01, 1, 0)
    assert often.true_given(open_score, unmarked) == pytest.approx(0.5 / (0.5 + 0.99))
    assert seldom.true_given(open_score, unmarked) == pytest.approx(0.1 / (0.1 + 0.99))
    assert seldom.true_given(open_score, marked_) == pytest.approx(0.9 / (0.9 + 0.01))


def test_the_rates_of_the_channel_are_recovered() -> None:
    rng = np.random.default_rng(0)
    true = rng.random(4000) < 0.4
    scores = true + rng.normal(scale=0.2, size=4000)
    marks = np.where(true, rng.random(4000) >= 0.35, rng.random(4000) < 0.03)
    channel = fit_channel(scores, marks)
    assert channel.missing == pytest.approx(0.35, abs=0.04)
    assert channel.superfluous == pytest.approx(0.03, abs=0.015)


def test_the_superfluous_rate_of_a_label_leans_on_the_other_labels() -> None:
    rng = np.random.default_rng(0)
    true = rng.random((400, 8)) < 0.3
    scores = (true + rng.normal(scale=0.4, size=true.shape)).astype(np.float32)
    marks = np.where(true, rng.random(true.shape) >= 0.3, rng.random(true.shape) < 0.03)
    alone = [fit_channel(scores[:, k].astype(float), marks[:, k]).superfluous for k in range(8)]
    together = [channel.superfluous for channel in fit_channels(scores, marks)]
    assert np.std(together) < np.std(alone) / 2
    assert np.mean(together) == pytest.approx(0.03, abs=0.02)


def test_marks_that_a_score_parts_cleanly_still_rank() -> None:
    true = np.arange(100) >= 60
    channel = fit_channel(np.arange(100) + 30.0 * true, true)
    assert channel.slope == pytest.approx(STEEPEST / np.std(np.arange(100) + 30.0 * true))


def test_what_the_channel_says_is_learned_from_in_turn() -> None:
    gains = []
    for seed in range(3):
        vectors, true = sets(items=300, noise=0.9, seed=seed)
        marks, missing, _ = spoil(true, missing=0.5, seed=seed + 10)
        once = true_given_marks(Ridge(vectors).leave_one_out(marks), marks)
        first, again = (
            average_precision_score(missing[~marks], probs[~marks]) for probs in (once, true_probs(vectors, marks))
        )
        gains.append(again - first)
    assert np.mean(gains) > 0.005


def test_a_score_that_falls_with_the_marks_says_nothing_rather_than_the_reverse() -> None:
    rng = np.random.default_rng(0)
    true = rng.random(400) < 0.4
    assert fit_channel(-(true + rng.normal(scale=0.2, size=400)), true).slope == 0


def test_the_gradient_of_the_channel_is_that_of_its_loss() -> None:
    rng = np.random.default_rng(0)
    scores, marks, at = rng.normal(size=50), rng.random(50) < 0.4, np.array([-0.7, -1.5, 1.3, 0.2])
    prior = (1.5, 20.0)
    _, gradient = channel_loss(at, scores, marks, prior)
    for axis in range(4):
        step = np.eye(4)[axis] * 1e-6
        above, below = (channel_loss(at + sign * step, scores, marks, prior)[0] for sign in (1, -1))
        assert gradient[axis] == pytest.approx((above - below) / 2e-6, rel=1e-4)


def test_quality_is_the_product_over_the_marks() -> None:
    probs = np.array([[0.9, 0.2], [0.9, 0.2]], np.float32)
    scores = scores_of(probs, np.array([[True, False], [False, False]]))
    assert scores.quality.tolist() == pytest.approx([0.9 * 0.8, 0.1 * 0.8])
    assert scores.flag.tolist() == [False, True]


def test_a_rare_clean_group_is_not_flagged_in_bulk() -> None:
    rng = np.random.default_rng(0)
    group = np.r_[np.zeros(300, int), np.ones(300, int), np.full(15, 2)]
    vectors = 4 * np.eye(3, 8)[group] + rng.normal(scale=0.5, size=(615, 8))
    marks = np.eye(3, dtype=bool)[group]
    assert detect(vectors, marks).flag[-15:].sum() <= 2


def test_permuted_labels_permute_the_result() -> None:
    vectors, true = sets(items=200)
    order = [3, 0, 4, 1, 2]
    np.testing.assert_allclose(true_probs(vectors, true[:, order]), true_probs(vectors, true)[:, order], atol=1e-3)


def test_labels_that_all_or_none_have_stand_as_they_are() -> None:
    vectors, true = sets(items=80)
    true[:, 0], true[:, 1] = True, False
    probs = true_probs(vectors, true)
    assert (probs[:, 0] == 1).all()
    assert (probs[:, 1] == 0).all()


@pytest.mark.parametrize(
    ("vectors", "marks"),
    [
        (np.zeros((6, 3)), [[1, 0], [0, 1], [1, 1], [0, 0], [1, 0], [0, 1]]),
        (np.ones((6, 3), np.float16), np.eye(6, 9, dtype=np.int8)),
        (np.eye(1), [[1, 0]]),
        (np.asfortranarray(np.arange(12.0).reshape(6, 2))[::-1], [[1], [0], [1], [0], [1], [0]]),
    ],
)
def test_degenerate_input_gives_finite_scores(vectors: NDArray[Any], marks: ArrayLike) -> None:
    vectors = np.asarray(vectors)
    vectors.flags.writeable = False
    scores = detect(vectors, marks)
    assert np.isfinite(scores.quality).all()
    assert ((scores.quality >= 0) & (scores.quality <= 1)).all()


def test_features_that_say_nothing_leave_most_marks_alone() -> None:
    marks = np.random.default_rng(0).random((200, 3)) < 0.2
    assert not detect(np.ones((200, 4)), marks).flag.any()


def test_the_nearest_centers_of_an_item_with_two_labels_are_its_labels() -> None:
    vectors = np.vstack([np.eye(4, 6), np.eye(4, 6)[[0, 1, 2]] + np.eye(4, 6)[[1, 3, 3]]])
    marks = np.vstack([np.eye(4, dtype=bool), vectors[4:, :4] > 0])
    assert [set(row) for row in nearest_centers(vectors, marks, 2)[4:].tolist()] == [{0, 1}, {1, 3}, {2, 3}]


def test_an_unused_label_is_not_a_candidate() -> None:
    assert nearest_centers(np.eye(3), np.eye(3, 4, dtype=bool)[:, [3, 0, 1, 2]], 9).tolist()[0] == [1, 2, 3]


def test_what_is_no_table_of_marks_is_refused() -> None:
    with pytest.raises(DataError, match="0 and 1 alone"):
        marked([[0, 2]])
    with pytest.raises(DataError, match="shape"):
        marked([0, 1])
    with pytest.raises(DataError, match="Row 0"):
        detect(np.full((2, 2), np.nan), [[0], [1]])
    with pytest.raises(SetupError, match="count=0"):
        nearest_centers(np.eye(2), [[0], [1]], 0)

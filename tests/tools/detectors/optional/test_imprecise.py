"""Imprecise labels: one model from noisy labels, candidate sets, likelihoods and none at all."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from errata.errors import DataError
from errata.tools.detectors.optional.imprecise import detect, learn
from errata.types import F32, Bool, Int
from tests.tools.detectors.made import distribution


def blobs(per_class: int = 80, classes: int = 3, seed: int = 0) -> tuple[F32, Int]:
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(classes), per_class)
    return (5 * np.eye(classes, 8)[truth] + rng.normal(size=(len(truth), 8))).astype(np.float32), truth


def planted(share: float = 0.1, seed: int = 0) -> tuple[F32, Int, Bool, Int]:
    vectors, truth = blobs(seed=seed)
    wrong = np.random.default_rng(seed + 1).random(len(truth)) < share
    return vectors, np.where(wrong, (truth + 1) % 3, truth), wrong, truth


def test_planted_errors_are_found_and_put_right() -> None:
    from sklearn.metrics import roc_auc_score

    vectors, given, wrong, truth = planted()
    scores = detect(vectors, given, 3)
    assert roc_auc_score(wrong, -scores.quality) >= 0.95
    assert (learn(vectors, given, 3).posterior_NK.argmax(axis=1) == truth).mean() >= 0.97
    assert (scores.flag & wrong).sum() >= 0.9 * wrong.sum()


def test_the_noise_is_learned() -> None:
    vectors, given, _, truth = planted(0.3)
    true = np.zeros((3, 3))
    np.add.at(true, (truth, given), 1)
    np.testing.assert_allclose(
        learn(vectors, given, 3).transition_KK, true / true.sum(axis=1, keepdims=True), atol=0.05
    )


def test_an_item_s_own_label_hardly_moves_the_model_s_view_of_it() -> None:
    vectors, given, _, _ = planted()
    changed = given.copy()
    changed[7] = (given[7] + 1) % 3
    assert abs(learn(vectors, changed, 3).model_NK[7] - learn(vectors, given, 3).model_NK[7]).max() < 0.02


def test_candidate_sets_alone_are_enough() -> None:
    vectors, truth = blobs()
    sets = np.random.default_rng(0).random((len(truth), 3)) < 0.4
    sets[np.arange(len(truth)), truth] = True
    found = learn(vectors, np.full(len(truth), -1), 3, sets)
    assert (found.posterior_NK.argmax(axis=1) == truth).mean() >= 0.97
    assert (found.posterior_NK[~sets] == 0).all()


def test_a_few_labels_reach_the_unlabeled() -> None:
    vectors, truth = blobs()
    labels = np.where(np.arange(len(truth)) % 10 == 0, truth, -1)
    assert (learn(vectors, labels, 3).posterior_NK.argmax(axis=1) == truth).mean() >= 0.97


def test_what_people_decided_outweighs_the_model_and_the_given_label() -> None:
    vectors, given, wrong, truth = planted()
    decided = np.ones((len(truth), 3))
    decided[wrong] = np.eye(3)[truth[wrong]]
    odd = int(np.flatnonzero(~wrong)[0])
    decided[odd] = np.eye(3)[(truth[odd] + 1) % 3]
    found = learn(vectors, given, 3, decided).posterior_NK
    np.testing.assert_array_equal(found[odd], decided[odd])
    np.testing.assert_array_equal(found[wrong], decided[wrong])


def test_a_decision_overrules_a_model_that_excludes_it() -> None:
    truth = np.repeat(np.arange(3), 40)
    decided = np.ones((120, 3))
    decided[0] = [0, 1, 0]
    assert learn(np.eye(3)[truth], truth, 3, decided).posterior_NK[0].tolist() == [0, 1, 0]


def test_likelihoods_count_up_to_a_factor() -> None:
    vectors, given, _, _ = planted()
    likelihoods = np.random.default_rng(0).random((len(given), 3)) + 0.1
    scale = 10.0 ** np.random.default_rng(1).integers(-35, -12, (len(given), 1))
    one, two = learn(vectors, given, 3, likelihoods), learn(vectors, given, 3, likelihoods * scale)
    np.testing.assert_allclose(one.posterior_NK, two.posterior_NK, atol=1e-3)


def test_a_rare_clean_group_is_not_flagged_in_bulk() -> None:
    vectors, given, _, _ = planted()
    rare = np.random.default_rng(5).normal(size=(15, 8)).astype(np.float32) * 0.3 - 6
    assert detect(np.vstack([vectors, rare]), np.append(given, [0] * 15), 3).flag[-15:].sum() <= 1


def test_permuted_class_ids_permute_the_posterior() -> None:
    vectors, given, _, _ = planted()
    order = np.array([2, 0, 1])
    one, two = detect(vectors, given, 3), detect(vectors, np.argsort(order)[given], 3)
    np.testing.assert_allclose(distribution(one)[:, order], distribution(two), atol=1e-3)


def test_a_class_that_nothing_speaks_for_has_no_probability() -> None:
    vectors, given, _, _ = planted()
    found = learn(vectors, given, 5)
    assert found.posterior_NK[:, 3:].max() == found.model_NK[:, 3:].max() == 0


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    [
        (np.zeros((6, 3)), [0, 0, 1, 1, 2, 2], 3),
        (np.ones((6, 3), np.float16), [0, 0, 1, 1, 1, 2], 9),
        (np.eye(1), [0], 1),
        (np.eye(5), [0, 1, 2, 3, 4], 5),
        (np.eye(4)[:, ::-1], [0, 0, 0, 0], 2),
    ],
)
def test_degenerate_input_gives_finite_distributions(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    given = np.array(labels)
    given.flags.writeable = False
    probs = distribution(detect(vectors, given, classes))
    assert np.isfinite(probs).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)


def test_invalid_arrays_are_refused() -> None:
    with pytest.raises(DataError, match="Nothing is known"):
        learn(np.eye(3), np.full(3, -1), 2)
    with pytest.raises(DataError, match="Labels must lie"):
        learn(np.eye(3), np.array([0, 2, -1]), 2)
    with pytest.raises(DataError, match="Row 1"):
        detect(np.array([[1.0], [np.nan]]), np.array([0, 1]), 2)
    with pytest.raises(DataError, match="Row 2 of the likelihoods"):
        learn(np.eye(3), np.array([0, 1, -1]), 2, np.array([[1, 1], [0, 1], [0, 0]]))
    with pytest.raises(DataError, match=r"shape \(items, classes\) \(3, 2\), got \(3, 3\)"):
        learn(np.eye(3), np.array([0, 1, -1]), 2, np.ones((3, 3)))

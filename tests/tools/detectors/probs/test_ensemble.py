"""The ensemble and the pool: better than its parts, and safe with little data."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score

from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.confident.channel_quality import channel_quality
from errata.tools.detectors.neighbors import agreement
from errata.tools.detectors.neighbors.neighbors import neighbor_votes, neighbors
from errata.tools.detectors.probs import discriminant, ensemble
from errata.tools.detectors.probs.stacking import pool
from errata.types import F32, Int


def spoiled_digits(share: float = 0.4, seed: int = 0) -> tuple[F32, Int, Int]:
    pixels, truth = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    wrong = rng.choice(len(truth), int(share * len(truth)), replace=False)
    given = truth.copy()
    given[wrong] = (truth[wrong] + 1) % 10
    return (pixels / 16).astype(np.float32), given, truth


def of_given(probs: F32, labels: Int) -> F32:
    return probs[np.arange(len(labels)), labels]


def test_the_ensemble_finds_more_than_either_of_its_views() -> None:
    vectors, given, truth = spoiled_digits()
    near = neighbors(vectors)
    found = ensemble.leave_one_out(vectors, given, 10, near)
    views = neighbor_votes(near, given, 10), discriminant.leave_one_out(vectors, given, 10)
    best = max(average_precision_score(given != truth, -of_given(view, given)) for view in views)
    assert average_precision_score(given != truth, -channel_quality(given, found)) > best + 0.05


def test_rows_are_distributions_and_permuted_classes_permute_them() -> None:
    vectors, given, _ = spoiled_digits()
    vectors, given, order = vectors[:400], given[:400], np.random.default_rng(3).permutation(10)
    near = neighbors(vectors)
    found = ensemble.leave_one_out(vectors, given, 10, near)
    permuted = ensemble.leave_one_out(vectors, np.argsort(order)[given], 10, near)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(found[:, order], permuted, atol=5e-3)


def test_neighbors_that_tell_nothing_are_not_heard() -> None:
    vectors, given, truth = spoiled_digits(share=0.2)
    near = neighbors(vectors)
    shuffled = near._replace(indices_Nk=np.random.default_rng(0).permutation(near.indices_Nk.ravel()).reshape(-1, 10))
    alone = discriminant.leave_one_out(vectors, given, 10)
    found = ensemble.leave_one_out(vectors, given, 10, shuffled)
    assert (found.argmax(axis=1) == truth).mean() >= (alone.argmax(axis=1) == truth).mean()


def test_a_rare_clean_group_is_not_flagged_in_bulk() -> None:
    vectors, given, truth = spoiled_digits(share=0.1)
    standing = np.flatnonzero(truth == 4)[:15]
    upside_down = vectors[standing].reshape(15, 8, 8)[:, ::-1].reshape(15, 64)
    vectors, given = np.concatenate([vectors, upside_down]), np.concatenate([given, truth[standing]])
    near = neighbors(vectors)
    flags = [
        confident_learning.detect(given, ensemble.leave_one_out(vectors, given, 10, near)).flag,
        agreement.detect(near, given, 10).flag,
    ]
    for flag in flags:
        assert flag[:-15][given[:-15] != truth].mean() > 0.9
        assert flag[-15:].mean() < 0.1


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([0] * 12, 1),
        ([0] * 12, 3),
        ([0] * 11 + [1], 2),
        ([0, 1] * 6, 40),
        ([0] * 6 + [2] * 6, 3),
        ([0, 1], 2),
        ([0], 1),
    ],
)
def test_degenerate_labels_do_not_crash(labels: list[int], classes: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(len(labels), 5)).astype(np.float32)
    found = ensemble.leave_one_out(vectors, np.array(labels), classes, neighbors(vectors))
    assert found.shape == (len(labels), classes)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-4)


@pytest.mark.parametrize("vectors", [np.ones((12, 4)), np.zeros((12, 4)), np.repeat(np.eye(2), 6, axis=0)])
def test_copies_and_constant_features_do_not_crash(vectors: NDArray[Any]) -> None:
    vectors = vectors.astype(np.float32)
    labels = np.array([0, 1] * 6)
    assert np.isfinite(ensemble.leave_one_out(vectors, labels, 2, neighbors(vectors))).all()


def test_read_only_and_strided_arrays_are_taken() -> None:
    vectors, given, _ = spoiled_digits()
    strided = np.repeat(vectors[:200], 2, axis=0)[::2]
    strided.setflags(write=False)
    near = neighbors(strided)
    np.testing.assert_allclose(
        ensemble.leave_one_out(strided, given[:200], 10, near),
        ensemble.leave_one_out(np.ascontiguousarray(strided), given[:200], 10, near),
        atol=1e-5,
    )


def test_a_view_that_tells_nothing_gets_no_weight() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 600)
    good = 0.7 * np.eye(3)[labels] + 0.1
    noise = rng.dirichlet(np.ones(3), 600)
    alone = pool([good.astype(np.float32)], labels)
    np.testing.assert_allclose(pool([good.astype(np.float32), noise.astype(np.float32)], labels), alone, atol=0.02)


def test_two_copies_of_a_view_count_as_one() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 600)
    view = rng.dirichlet(np.ones(3), 600)
    view[np.arange(600), np.where(rng.random(600) < 0.3, rng.integers(0, 3, 600), labels)] += 0.5
    view = (view / view.sum(axis=1, keepdims=True)).astype(np.float32)
    np.testing.assert_allclose(pool([view, view], labels), pool([view], labels), atol=2e-3)

"""Fusion: one cosine out of several, and the agreement of two views."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.tasks.fusion import fused, view_agreement
from errata.types import Probs


def test_the_cosine_in_the_fused_space_is_the_weighted_mean() -> None:
    rng = np.random.default_rng(0)
    texts, images = rng.normal(size=(20, 5)) * 9, rng.normal(size=(20, 8)).astype(np.float16)
    both = fused([texts, images], [3, 1])
    by_text, by_image = (
        rows @ rows.T / np.outer(np.linalg.norm(rows, axis=1), np.linalg.norm(rows, axis=1))
        for rows in (texts, images.astype(float))
    )
    np.testing.assert_allclose(both @ both.T, 0.75 * by_text + 0.25 * by_image, atol=1e-3)


def test_two_spaces_tell_apart_what_neither_does_alone() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(4), 30)
    first = 6 * np.eye(2)[truth // 2] + rng.normal(size=(120, 2))
    second = 6 * np.eye(2)[truth % 2] + rng.normal(size=(120, 2))

    def purity(space: Probs) -> float:
        return float((truth[neighbors(space, 5).indices_Nk] == truth[:, None]).mean())

    assert max(purity(first), purity(second)) < 0.7
    assert purity(fused([first, second], [1, 1])) > 0.9


def test_an_item_without_features_in_one_space_keeps_length_one() -> None:
    both = fused([np.array([[0.0, 0], [1, 0]]), np.eye(2)], [1, 1])
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1, rtol=1e-6)


def test_spaces_and_weights_must_fit() -> None:
    with pytest.raises(DataError, match="weight above 0"):
        fused([np.eye(2), np.eye(2)], [1, 0])
    with pytest.raises(DataError, match="weight above 0"):
        fused([np.eye(2)], [1, 1])
    with pytest.raises(DataError, match="weight above 0"):
        fused([], [])
    with pytest.raises(DataError, match=r"shape \(2, width\)"):
        fused([np.eye(2), np.eye(3)], [1, 1])
    with pytest.raises(DataError, match="Row 1"):
        fused([np.array([[1.0], [np.nan]])], [1])


def test_the_agreement_of_views_by_hand() -> None:
    found = view_agreement(np.array([[1, 0], [1, 0], [0.6, 0.4]]), np.array([[1, 0], [0, 1], [0.9, 0.1]], np.float32))
    assert found.tolist() == pytest.approx([1, 0, 0.6 * 0.9 + 0.4 * 0.1], rel=1e-5)


def test_views_over_other_classes_are_refused() -> None:
    with pytest.raises(DataError, match="same classes"):
        view_agreement(np.full((2, 2), 0.5), np.full((2, 4), 0.25))
    with pytest.raises(DataError, match="Row 0"):
        view_agreement(np.full((2, 2), np.nan), np.full((2, 2), 0.5))

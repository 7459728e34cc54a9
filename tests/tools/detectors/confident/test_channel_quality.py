"""The score that uses the label noise."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from errata.tools.detectors.confident.channel_quality import (
    FITS_NOTHING,
    channel_quality,
    even_noise,
    noise_channel,
    smoothed_channel,
)
from errata.tools.detectors.confident.transition import NoiseChannel


def test_a_hand_computed_case() -> None:
    # True a is given as b in one of ten; the item looks like a with .8, and was given b.
    channel = NoiseChannel(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0.5, 0.5]))
    found = channel_quality(np.array([1]), np.array([[0.8, 0.2]], np.float32), channel)
    right, any_ = 0.2 * 0.8, 0.8 * 0.1 + 0.2 * 0.8
    assert found[0] == pytest.approx(right / (any_ + FITS_NOTHING * 0.8) * (1 + FITS_NOTHING))


def test_a_label_that_is_surely_right_scores_one() -> None:
    assert channel_quality(np.array([0, 1]), np.eye(2, dtype=np.float32))[0] == pytest.approx(1)


def test_flips_between_look_alikes_rank_below_self_confidence_alone() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 4000)
    alike = truth ^ 1
    probs = np.full((4000, 4), 0.02)
    unsure = rng.uniform(0.3, 0.95, 4000)
    probs[np.arange(4000), truth], probs[np.arange(4000), alike] = unsure, 1 - unsure
    flat = rng.random(4000) < 0.1  # right labels of items on which the model's prediction is uniform
    probs[flat] = 0.25
    probs /= probs.sum(axis=1, keepdims=True)
    wrong = rng.random(4000) < 0.2
    wrong[flat] = False
    given = np.where(wrong, alike, truth)
    probs = probs.astype(np.float32)
    found = average_precision_score(wrong, -channel_quality(given, probs))
    assert found > average_precision_score(wrong, -probs[np.arange(4000), given]) + 0.02


def test_permuted_classes_give_permuted_results() -> None:
    rng = np.random.default_rng(1)
    probs = rng.dirichlet(np.ones(4), 200).astype(np.float32)
    labels, order = rng.integers(0, 4, 200), np.array([2, 0, 3, 1])
    place = np.argsort(order)
    np.testing.assert_allclose(
        channel_quality(labels, probs), channel_quality(place[labels], probs[:, order]), rtol=1e-4
    )


def test_few_items_leave_the_channel_near_even_noise() -> None:
    joint = np.array([[2, 1, 0], [0, 3, 0], [0, 0, 3]])
    channel = smoothed_channel(joint).transition_KK
    assert channel.sum(axis=1) == pytest.approx([1, 1, 1])
    assert np.abs(channel - even_noise(1 / 9, 3)).max() < 0.12


@pytest.mark.parametrize("labels", [[0, 0, 0], [0], [2, 2]])
def test_absent_classes_and_single_items_are_scored(labels: list[int]) -> None:
    probs = np.full((len(labels), 3), 1 / 3, np.float32)
    found = channel_quality(np.array(labels), probs)
    assert np.isfinite(found).all() and (found >= 0).all() and (found <= 1).all()
    assert noise_channel(np.array(labels), probs).transition_KK.shape == (3, 3)

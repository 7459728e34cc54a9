"""The noise in the given labels, and how much too flat the probabilities are for the true ones."""

from __future__ import annotations

import numpy as np
import pytest

from errata.tools.detectors.confident.channel_quality import even_noise
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.inference.label_noise import POWERS, LabelNoise, label_noise
from errata.tools.inference.posterior import weigh
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import F32, Int, LabelSpace

ITEMS, CLASSES = 4000, 4


def made(noise: float, seed: int = 0) -> tuple[Int, Int, F32]:
    """True labels, given labels with uniform noise, and the exact probabilities of the given ones."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (ITEMS, CLASSES))
    true_probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = _drawn(true_probs, rng)
    channel = even_noise(noise, CLASSES)
    return truth, _drawn(channel[truth], rng), (true_probs @ channel).astype(np.float32)


def _drawn(probs: np.ndarray, rng: np.random.Generator) -> Int:
    drawn: Int = (rng.random(len(probs))[:, None] > probs.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return drawn


def learned(labels: Int, probs: F32) -> LabelNoise:
    return label_noise(labels, [probs], confident_joint(labels, probs).calibrated(labels))


def confidence_error(noise: LabelNoise, truth: Int, given: Int, probs: F32) -> float:
    """The difference between the mean confidence in the given labels and the share of them that is right."""
    holds = weigh(given, [probs], noise, VerdictColumns.of([], LabelSpace(("a", "b", "c", "d")))).given_holds_N
    return abs(float(holds.mean() - (given == truth).mean()))


def test_what_noise_flattened_is_sharpened() -> None:
    truth, given, probs = made(0.2)
    found = learned(given, probs)
    assert found.power > 1.5
    as_they_came = found._replace(power=1.0)
    assert confidence_error(found, truth, given, probs) < confidence_error(as_they_came, truth, given, probs) / 2


def test_probabilities_of_right_labels_stay_nearly_as_they_are() -> None:
    _, given, probs = made(0.0)
    assert learned(given, probs).power == pytest.approx(1, abs=0.25)


def test_mistakes_of_a_weak_model_are_not_believed_to_be_noise() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 1.5, (ITEMS, CLASSES))
    probs = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    labels = _drawn(probs, rng)
    joint = confident_joint(labels, probs).calibrated(labels)
    counted = 1 - np.trace(joint) / joint.sum()
    assert counted > 0.3
    assert 1 - learned(labels, probs).transition_KK.diagonal().mean() < counted / 3


def test_the_channel_leads_from_the_true_label_to_the_given_one() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, CLASSES, ITEMS)
    given = np.where((truth == 0) & (rng.random(ITEMS) < 0.4), 1, truth)
    probs = np.full((ITEMS, CLASSES), 0.01, np.float32)
    probs[np.arange(ITEMS), truth] = 0.97
    probs[truth == 0, :2] = 0.6, 0.38
    found = learned(given, probs).transition_KK
    assert found[0, 1] > 3 * max(found[0, 2], found[1, 0])


def test_unlabeled_items_tell_nothing() -> None:
    _, given, probs = made(0.2)
    some = np.arange(ITEMS) % 4 > 0
    found = label_noise(np.where(some, given, -1), [probs], confident_joint(given, probs).calibrated(given))
    alone = label_noise(given[some], [probs[some]], confident_joint(given, probs).calibrated(given))
    assert found.power == alone.power
    np.testing.assert_array_equal(found.transition_KK, alone.transition_KK)


def test_a_cell_of_one_item_does_not_explain_it() -> None:
    joint = np.diag([50, 50, 50])
    joint[1, 0] = 1  # one item given b and counted as a
    _, given, probs = made(0.2)
    found = label_noise(given % 3, [probs[:, :3] / probs[:, :3].sum(axis=1, keepdims=True)], joint).transition_KK
    assert found[0, 1] == pytest.approx(found[0, 2])


@pytest.mark.parametrize("classes", [2, 3])
def test_perfect_and_constant_probabilities_are_taken(classes: int) -> None:
    labels = np.arange(60) % classes
    for probs in (np.eye(classes, dtype=np.float32)[labels], np.full((60, classes), 1 / classes, np.float32)):
        found = learned(labels, probs)
        assert found.transition_KK.sum(axis=1) == pytest.approx(np.ones(classes))
        assert POWERS[0] <= found.power <= POWERS[-1]
        assert (found.transition_KK > 0).all()


def test_permuted_classes_give_permuted_noise() -> None:
    _, given, probs = made(0.2)
    order = np.array([2, 0, 3, 1])
    place = np.argsort(order)
    found, permuted = learned(given, probs), learned(place[given], probs[:, order])
    assert permuted.power == found.power
    np.testing.assert_allclose(permuted.transition_KK, found.transition_KK[np.ix_(order, order)], atol=0.01)

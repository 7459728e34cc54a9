"""Planted errors: a random few of each class, of four kinds, never the true label again."""

from __future__ import annotations

import numpy as np
import pytest

from errata.tools.inference.planted_errors import KINDS, MOST_OF_CLASS, PlantedErrors, plant
from errata.types import F32, Int

CLASSES, EACH = 4, 400


def made(sizes: tuple[int, ...] = (EACH,) * CLASSES) -> tuple[Int, F32, Int]:
    """Labels, probabilities that favor them more or less, and a joint that confuses each class with the next."""
    labels_N = np.repeat(np.arange(len(sizes)), sizes)
    sure_N = np.random.default_rng(0).uniform(0.4, 1.0, len(labels_N))
    probs_NK = np.repeat((1 - sure_N)[:, None] / max(len(sizes) - 1, 1), len(sizes), axis=1).astype(np.float32)
    probs_NK[np.arange(len(labels_N)), labels_N] = sure_N
    joint_KK = np.diag(sizes) + np.roll(np.diag([50] * len(sizes)), 1, axis=0)
    return labels_N, probs_NK, joint_KK


def of_kind(errors: PlantedErrors, kind: str) -> Int:
    found: Int = np.flatnonzero(errors.kinds_P == KINDS.index(kind))
    return found


def test_every_planted_label_is_wrong_and_no_class_has_more_than_its_share() -> None:
    labels_N, probs_NK, joint_KK = made()
    errors = plant(labels_N, probs_NK, joint_KK, seed=0)
    assert (errors.labels_P != labels_N[errors.items_P]).all()
    assert len(set(errors.items_P.tolist())) == len(errors.items_P)
    assert np.bincount(labels_N[errors.items_P]).tolist() == [int(MOST_OF_CLASS * EACH)] * CLASSES
    changed_N = errors.into(labels_N) != labels_N
    assert changed_N.sum() == len(errors.items_P)


def test_all_kinds_are_in_one_round() -> None:
    labels_N, probs_NK, joint_KK = made()
    errors = plant(labels_N, probs_NK, joint_KK, seed=1)
    assert np.bincount(errors.kinds_P).tolist() == [12] * len(KINDS)
    confused = of_kind(errors, "confused")
    mistaken_for = (labels_N[errors.items_P[confused]] + 1) % CLASSES
    assert (errors.labels_P[confused] == mistaken_for).mean() > 0.8


def test_hard_items_are_drawn_more_often() -> None:
    labels_N, probs_NK, joint_KK = made()
    sure_N = probs_NK[np.arange(len(labels_N)), labels_N]
    rounds = [plant(labels_N, probs_NK, joint_KK, seed) for seed in range(20)]
    hard, even = (
        np.mean([sure_N[errors.items_P[of_kind(errors, kind)]].mean() for errors in rounds])
        for kind in ("hard", "even")
    )
    assert hard < even - 0.05


def test_a_round_is_drawn_again_by_its_seed() -> None:
    rounds = [plant(*made(), seed=seed).items_P.tolist() for seed in (0, 0, 1)]
    assert rounds[0] == rounds[1] != rounds[2]


@pytest.mark.parametrize("sizes", [(1000,), (2, 2, 2), (33, 33)])
def test_too_few_items_get_no_errors(sizes: tuple[int, ...]) -> None:
    assert not len(plant(*made(sizes), seed=0).items_P)


def test_a_label_that_nobody_was_given_is_never_planted() -> None:
    labels_N, probs_NK, joint_KK = made((400, 0, 400))
    assert set(plant(labels_N, probs_NK, joint_KK, seed=0).labels_P.tolist()) == {0, 2}

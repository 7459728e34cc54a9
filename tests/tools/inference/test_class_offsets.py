"""How much more the same odds mean for one given label than for another."""

from __future__ import annotations

import numpy as np

from errata.tools.inference.class_offsets import class_offsets
from errata.types import F64, Int


def offsets(true_K: F64, sizes_K: Int, seed: int = 0) -> F64:
    """Found for classes with these offsets, of so many labels each, every tenth of them planted and easy to see."""
    rng = np.random.default_rng(seed)
    class_M = np.repeat(np.arange(len(true_K)), sizes_K)
    planted_M = np.arange(len(class_M)) % 10 == 0
    seen_M = rng.normal(2.0 * planted_M, 1.0)
    margin_M = 2.0 * seen_M - 2.0 + np.log(0.1 / 0.9) - true_K[class_M]
    return class_offsets(margin_M, planted_M, np.ones(len(class_M)), class_M, len(true_K))


def test_classes_that_differ_are_told_apart() -> None:
    true_K = np.array([-1.5, -0.5, 0.0, 0.5, 1.5])
    assert np.abs(offsets(true_K, np.full(5, 4000)) - true_K).max() < 0.25


def test_classes_that_are_alike_stay_alike() -> None:
    found = [np.abs(offsets(np.zeros(10), np.full(10, 600), seed)).max() for seed in range(20)]
    assert np.median(found) < 0.05


def test_a_class_with_few_planted_errors_stays_nearer_0_than_one_with_many() -> None:
    true_K, sizes_K = np.array([-1.0, 1.0, -1.0, 1.0, 1.0, 1.0]), np.array([4000, 4000, 4000, 4000, 4000, 20])
    many, few = np.mean([offsets(true_K, sizes_K, seed)[-2:] for seed in range(20)], axis=0)
    assert 0.9 < many < 1.1
    assert 0.0 < few < 0.8


def test_a_class_without_planted_errors_has_none() -> None:
    margin_M, class_M = np.array([3.0, -3.0, 3.0, -3.0, 4.0]), np.array([0, 0, 1, 1, 2])
    planted_M = np.array([True, False, False, True, False])
    found_K = class_offsets(margin_M, planted_M, np.ones(5), class_M, 4)
    assert found_K[2] == found_K[3] == 0.0

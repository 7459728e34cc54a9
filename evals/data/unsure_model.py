"""Made probabilities of a model that is unsure, of any number of items and classes, on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SEED = 0
NOISE = 0.1
"""Share of the labels that are redrawn."""
BLOCK = 1 << 22


def make(folder: Path, items: int, classes: int) -> None:
    """probs.npy and labels.npy: a model that is unsure between the true class and a few that look like it."""
    rng = np.random.default_rng(SEED)
    true_N = rng.integers(0, classes, items)
    labels_N = np.where(rng.random(items) < NOISE, rng.integers(0, classes, items), true_N)
    alike_K3 = rng.integers(0, classes, (classes, 3))
    np.save(folder / "labels.npy", labels_N)
    probs_NK = np.lib.format.open_memmap(folder / "probs.npy", "w+", np.float32, (items, classes))
    for start in range(0, items, BLOCK // classes):
        true_n = true_N[start : start + BLOCK // classes]
        rows_n = np.arange(len(true_n))
        logits_nK = 1.3 * rng.standard_normal((len(true_n), classes), np.float32)
        logits_nK[rows_n, true_n] += rng.normal(np.log(classes) + 2.5, 1.5, len(true_n))
        logits_nK[rows_n, alike_K3[true_n, rng.integers(0, 3, len(true_n))]] += rng.normal(
            np.log(classes), 1.5, len(true_n)
        )
        np.exp(logits_nK - logits_nK.max(axis=1, keepdims=True), out=logits_nK)
        probs_NK[start : start + len(true_n)] = logits_nK / logits_nK.sum(axis=1, keepdims=True)
    probs_NK.flush()


def load(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    return np.load(folder / "labels.npy"), np.load(folder / "probs.npy", mmap_mode="r")

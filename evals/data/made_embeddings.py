"""Made embeddings with wrong labels, in any number: clouds with the spectrum of MiniLM's embeddings of news."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from errata.tools.features.embedder import unit_rows
from errata.types import F32
from evals.data.label_tasks import Task

WIDTH, CLASSES, APART, WRONG, SEED = 384, 100, 0.3, 0.1, 0
BLOCK = 50_000


def made_task(size: int, classes: int, seed: int, wrong: float = 0.05) -> Task:
    """Clouds of so many classes, held in memory, with even errors."""
    rng = np.random.default_rng(seed)
    size_D = _spectrum()
    centers_KD = APART * size_D * rng.standard_normal((classes, WIDTH), np.float32)
    truth_N = rng.integers(0, classes, size)
    features_ND = np.empty((size, WIDTH), np.float32)
    for start in range(0, size, BLOCK):
        truth_B = truth_N[start : start + BLOCK]
        spread_BD = size_D * rng.standard_normal((len(truth_B), WIDTH), np.float32)
        features_ND[start : start + BLOCK] = unit_rows(centers_KD[truth_B] + spread_BD)
    wrong_N, labels_N = rng.random(size) < wrong, truth_N.copy()
    labels_N[wrong_N] = (truth_N[wrong_N] + rng.integers(1, classes, int(wrong_N.sum()))) % classes
    return Task(labels_N, truth_N, labels_N != truth_N, classes, features_ND)


def _spectrum() -> F32:
    rank_D = np.arange(1, WIDTH + 1)
    return np.sqrt(rank_D**-0.6 * (1 - rank_D / (WIDTH + 1))).astype(np.float32)


def make(size: int, folder: Path) -> None:
    """embeddings.npy f32[N, WIDTH], labels.npy and truth.npy, block by block."""
    rng = np.random.default_rng(SEED)
    size_D = _spectrum()
    centers_KD = APART * size_D * rng.standard_normal((CLASSES, WIDTH), np.float32)
    truth_N = rng.integers(0, CLASSES, size)
    embeddings_ND = np.lib.format.open_memmap(folder / "embeddings.npy", "w+", np.float32, (size, WIDTH))
    for start in range(0, size, BLOCK):
        truth_B = truth_N[start : start + BLOCK]
        spread_BD = size_D * rng.standard_normal((len(truth_B), WIDTH), np.float32)
        embeddings_ND[start : start + BLOCK] = unit_rows(centers_KD[truth_B] + spread_BD)
    embeddings_ND.flush()
    labels_N = truth_N.copy()
    wrong = rng.choice(size, int(WRONG * size), replace=False)
    alike_KK = centers_KD @ centers_KD.T
    np.fill_diagonal(alike_KK, -np.inf)
    half = len(wrong) // 2
    labels_N[wrong[:half]] = alike_KK.argmax(axis=1)[truth_N[wrong[:half]]]
    labels_N[wrong[half:]] = (truth_N[wrong[half:]] + rng.integers(1, CLASSES, len(wrong) - half)) % CLASSES
    np.save(folder / "labels.npy", labels_N)
    np.save(folder / "truth.npy", truth_N)

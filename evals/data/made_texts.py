"""Made short texts with wrong labels and embeddings, in any number: used to time whole runs."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from errata.types import F32, F64, Bool, Int

WIDTH, SPREAD, WRONG, WORDS_EACH = 64, 1.6, 0.05, 6
WORDS = ["market", "team", "court", "launch", "review", "storm", "vaccine", "election", "budget", "trade", "orbit"]
TEXT, LABEL = "text", "label"
"""The columns of the data."""


@dataclass(frozen=True, slots=True)
class MadeTexts:
    """``data``: a CSV of the columns TEXT and LABEL. ``embeddings``: a .npy f32[N, WIDTH], a cloud for each class.
    ``true_N``: class numbers, before any label was made wrong."""

    data: Path
    embeddings: Path
    wrong_N: Bool
    true_N: Int


def write_made_texts(folder: Path, n_items: int, *, n_classes: int = 10, seed: int = 0) -> MadeTexts:
    """Write both files into ``folder``, which is created. One label in twenty is wrong; no two texts are the same."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    centers_KD = rng.normal(size=(n_classes, WIDTH))
    true_N = rng.integers(0, n_classes, n_items)
    wrong_N = rng.random(n_items) < WRONG
    given_N = np.where(wrong_N, (true_N + rng.integers(1, n_classes, n_items)) % n_classes, true_N)
    made = MadeTexts(folder / "data.csv", folder / "embeddings.npy", wrong_N, true_N)
    np.save(made.embeddings, _cloud(centers_KD[true_N], rng))
    words = rng.choice(WORDS, (n_items, WORDS_EACH))
    with made.data.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([TEXT, LABEL])
        for number, (said, given) in enumerate(zip(words, given_N, strict=True)):
            writer.writerow([f"{' '.join(said)} {number}", f"topic number {given}"])
    return made


def _cloud(centers_ND: F64, rng: np.random.Generator) -> F32:
    return (centers_ND + SPREAD * rng.normal(size=centers_ND.shape)).astype(np.float32)

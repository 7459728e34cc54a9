"""Items with many marks, some of them planted as wrong: made vectors, and real encoders' vectors of texts and pictures.

The vectors of an item are the same for every seed; which of its marks are wrong differs.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import cache, partial

import numpy as np

from errata.tools.features.choose import choose_embedder
from errata.tools.features.wordpieces import vocabulary
from errata.types import F32, Bool, Item
from evals.data.marks import Marked, Shares, marked

ITEMS = 1500
TOPICS, OF_TOPIC, FROM_EACH = 30, 6, 5
SHARES = Shares(missing=(0.05, 0.3), superfluous=(0.005, 0.03))


def sets() -> Mapping[str, Callable[[int], Marked]]:
    """Name -> items by seed."""
    made = {f"made_{labels}": partial(made_directions, labels) for labels in (8, 20, 100)}
    return made | {
        "word_counts_8": lambda seed: marked("word_counts", seed, SHARES),
        "texts_30": lambda seed: planted(*texts(), seed),
        "digit_pairs_10": lambda seed: planted(*digit_pairs(), seed),
    }


def made_directions(labels: int, seed: int) -> Marked:
    """Sums of one direction for each mark, and noise; two to four marks an item on average."""
    rng = np.random.default_rng(seed)
    true_NK = rng.random((ITEMS, labels)) < rng.uniform(1, 5, labels) / labels
    width = max(32, labels)
    sums_ND = true_NK @ rng.normal(size=(labels, width)) / np.sqrt(np.maximum(true_NK.sum(axis=1, keepdims=True), 1))
    return planted((sums_ND + 0.8 * rng.normal(size=sums_ND.shape)).astype(np.float32), true_NK, seed)


def planted(vectors_ND: F32, true_NK: Bool, seed: int) -> Marked:
    rng = np.random.default_rng([seed, 1])
    count = true_NK.shape[1]
    missing_NK = true_NK & (rng.random(true_NK.shape) < rng.uniform(*SHARES.missing, count))
    superfluous_NK = ~true_NK & (rng.random(true_NK.shape) < rng.uniform(*SHARES.superfluous, count))
    return Marked(vectors_ND, true_NK, (true_NK & ~missing_NK) | superfluous_NK)


@cache
def texts() -> tuple[F32, Bool]:
    """Sentences of words from one to four of 30 topics, by the default text encoder."""
    rng = np.random.default_rng(0)
    common = [word for word in list(vocabulary())[2000:6000] if word.isalpha() and 5 <= len(word) <= 9]
    words = rng.choice(common, (TOPICS, OF_TOPIC), replace=False)
    true_NK, items = np.zeros((ITEMS, TOPICS), bool), []
    for n in range(ITEMS):
        topics = rng.choice(TOPICS, rng.integers(1, 5), replace=False)
        true_NK[n, topics] = True
        said = np.concatenate([rng.choice(words[topic], FROM_EACH) for topic in topics])
        items.append(Item.of(n, str(n), str(n), None, " ".join(rng.permutation(said))))
    return choose_embedder("text").embed(items), true_NK


@cache
def digit_pairs() -> tuple[F32, Bool]:
    """Two to three handwritten digits in one picture, by the default image encoder; marked with the digits in it."""
    from PIL import Image
    from sklearn.datasets import load_digits

    rng, found = np.random.default_rng(0), load_digits()
    true_NK, items = np.zeros((ITEMS, 10), bool), []
    for n in range(ITEMS):
        rows = rng.choice(len(found.target), rng.integers(1, 4), replace=False)
        true_NK[n, found.target[rows]] = True
        blank = [np.zeros((8, 8))] * (3 - len(rows))
        picture = np.hstack([*(found.images[row] for row in rows), *blank])
        out = io.BytesIO()
        Image.fromarray((picture * 15).astype(np.uint8)).resize((168, 56)).save(out, "PNG")
        items.append(Item.of(n, str(n), str(n), None, image=out.getvalue()))
    return choose_embedder("image").embed(items), true_NK

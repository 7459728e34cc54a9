"""Synthetic annotators with a known truth."""

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.annotators import Votes
from errata.types import Int


def crowd(
    items: int = 400,
    annotators: int = 12,
    classes: int = 3,
    per_item: int = 5,
    accuracy: float = 0.8,
    seed: int = 0,
    truth: Int | None = None,
) -> tuple[Votes, Int]:
    """Votes, and the truth of each item: every annotator is right with probability ``accuracy``, and otherwise errs
    uniformly."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, items) if truth is None else truth
    item = np.repeat(np.arange(len(truth)), per_item)
    who = np.concatenate([rng.choice(annotators, per_item, replace=False) for _ in truth])
    wrong = (truth[item] + rng.integers(1, max(classes, 2), len(item))) % classes
    label = np.where(rng.random(len(item)) < accuracy, truth[item], wrong)
    return votes_of(item, who, label, len(truth), annotators, classes), truth


def votes_of(item: ArrayLike, who: ArrayLike, label: ArrayLike, items: int, annotators: int, classes: int) -> Votes:
    return Votes.from_triples(item, who, label, num_items=items, num_annotators=annotators, num_classes=classes)

"""A crowd that knows its truth."""

import numpy as np

from errata.tools.detectors.annotators import Votes


def crowd(items=400, annotators=12, classes=3, per_item=5, accuracy=0.8, seed=0, truth=None):
    """Votes, the truth of each item, and who voted: everybody is right with ``accuracy`` and else errs evenly."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, items) if truth is None else truth
    item = np.repeat(np.arange(len(truth)), per_item)
    who = np.concatenate([rng.choice(annotators, per_item, replace=False) for _ in truth])
    wrong = (truth[item] + rng.integers(1, max(classes, 2), len(item))) % classes
    label = np.where(rng.random(len(item)) < accuracy, truth[item], wrong)
    return votes_of(item, who, label, len(truth), annotators, classes), truth


def votes_of(item, who, label, items, annotators, classes):
    return Votes.from_triples(item, who, label, num_items=items, num_annotators=annotators, num_classes=classes)

"""Neighbor consistency: whether an item's label agrees with the labels of the most similar items.

The vote is that of SimiFeat (Zhu, Dong, Liu 2022): neighbors by cosine, each weighted by its similarity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors.neighbors import Neighbors, labeled_neighbors, neighbor_votes
from errata.types import Scores


def detect(near: Neighbors, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: ``quality`` is the smoothed share of the neighbors' votes for the given label.

    ``label_probs`` f32[N, K]: all the votes, smoothed by one vote distributed as the classes are. ``flag``: the
    neighbors' favorite is another label. Without neighbors (one item) the votes are the classes' shares. Raises
    DataError for invalid arrays.
    """
    labels = labeled_neighbors(near, labels_N, num_classes)
    votes_NK = neighbor_votes(near, labels, num_classes)
    given_N = np.arange(len(labels)), labels
    return Scores(votes_NK[given_N], votes_NK.max(axis=1) > votes_NK[given_N], votes_NK)


DETECTOR = Detector(
    "neighbors",
    "items that look alike should be labeled alike",
    ("embeddings",),
    lambda given: detect(given.near, given.labels_N, given.num_classes),
    default=True,
    in_ensemble=True,
)

"""Neighbor consistency: whether an item's label agrees with the labels of the most similar items.

The vote is that of SimiFeat (Zhu, Dong, Liu 2022): neighbors by cosine, each weighted by its similarity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from errata.tools.detectors.arrays.held_rows import held
from errata.tools.detectors.arrays.top_classes import top_classes
from errata.tools.detectors.arrays.top_probs import labels_kept
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors.neighbors import Neighbors, labeled_neighbors, vote_rows
from errata.types import Scores


def detect(near: Neighbors, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: ``quality`` is the smoothed share of the neighbors' votes for the given label.

    ``label_probs``: all the votes, smoothed by one vote distributed as the classes are. ``flag``: the
    neighbors' favorite is another label. Without neighbors (one item) the votes are the classes' shares. Raises
    DataError for invalid arrays.
    """
    labels = labeled_neighbors(near, labels_N, num_classes)
    votes_NK = held(vote_rows(near, labels, num_classes), labels, labels_kept(len(labels), num_classes))
    seen = top_classes(labels, votes_NK)
    return Scores(np.asarray(seen.given_N, np.float32), seen.highest_N > seen.given_N, votes_NK)


DETECTOR = Detector(
    "neighbors",
    "items that look alike should be labeled alike",
    ("embeddings",),
    lambda given: detect(given.near, given.labels_N, given.num_classes),
    default=True,
    in_ensemble=True,
    in_blocks=True,
)

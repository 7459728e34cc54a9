"""Marks, as the task's own scan found them: how likely each holds, given the item and all other marks."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.detector import Detector, DetectorInput
from errata.types import Scores


def detect(given: DetectorInput) -> Scores:
    """``quality``: the probability that the given label of each annotation is right; ``flag``: more likely wrong."""
    probs_AK = given.probabilities()
    quality_A = probs_AK[np.arange(len(given.labels_N)), given.labels_N].astype(np.float32)
    return Scores(quality_A, quality_A < 0.5, probs_AK)


DETECTOR = Detector(
    "marks", "marks that the other items' marks contradict, and marks that are missing", ("probs",), detect
)

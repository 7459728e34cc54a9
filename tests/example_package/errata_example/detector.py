"""A detector: how many classes are likelier than the given label."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors import Detector, DetectorInput
from errata.types import Scores


def find(given: DetectorInput) -> Scores:
    """Quality 1 if no class is likelier than the label, 0 if all are."""
    probs_NK = given.probabilities()
    own_N1 = np.take_along_axis(probs_NK, given.labels_N[:, None], axis=1)
    quality_N = 1 - (probs_NK > own_N1).mean(axis=1, dtype=np.float32) * given.num_classes / (given.num_classes - 1)
    return Scores(quality_N.astype(np.float32), quality_N < 0.75)


DETECTOR = Detector("label_rank", "labels that several classes are likelier than", ("probs",), find)

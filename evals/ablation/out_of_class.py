"""Out-of-class items among digits: whether confidence finds them, or the additional signals do."""

from __future__ import annotations

from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.optional import open_set
from evals.ablation.part import Figures, default_probs, over_sets
from evals.data.planted_noise import FEATURES, OUT_OF_CLASS, UNKNOWN, digits, plant
from evals.ranking import aps


def measure(seed: int) -> Figures:
    found = {}
    for name, blurred in FEATURES.items():
        planted = plant(*digits(blurred), "fits_nothing", OUT_OF_CLASS, seed)
        near = neighbors(planted.features_ND)
        probs_NK = default_probs(planted, near)
        given = (planted.features_ND, planted.labels_N, probs_NK, near)
        signals, joined_N = open_set.signals(*given), open_set.detect(*given).quality
        ways = {
            "confidence": probs_NK.max(axis=1),
            "p_none": -signals.p_none,
            "p_out": -signals.p_out,
            "distance": -signals.distance,
            "drop": -signals.confidence_drop,
            "joined": joined_N,
            "joined_and_drop": joined_N * (1 - signals.confidence_drop),
        }
        found[name] = aps(planted.truth_N == UNKNOWN, ways)
    return found


def said(found: Figures) -> dict[str, str]:
    ways = ("drop", "confidence", "joined", "joined_and_drop")
    drop, confidence, joined, with_drop = (over_sets(found, way) for way in ways)
    return {
        "drop": f"out-of-class items, AP alone {drop}; multiplied into `open_set`'s quality {with_drop} (without: "
        f"{joined}) [ablation]",
        "confidence": f"out-of-class items, AP by `open_set` {joined} (by a low confidence: {confidence}) [ablation]",
    }

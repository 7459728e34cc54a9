"""Ordered labels: two binned regressions, with a fifth of the labels moved to any other bin."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.confident.channel_quality import channel_quality
from errata.tools.detectors.neighbors.neighbors import neighbor_votes, neighbors
from errata.tools.detectors.tasks import ordinal
from errata.types import F32, F64, Int
from evals.ablation.part import Figures, default_probs, over_sets
from evals.data.planted_noise import FLIPPED, plant
from evals.ranking import aps

BINS = 6
ITEMS, NOISE = 2000, 1.0


def measure(seed: int) -> Figures:
    found = {}
    for name, (features_ND, truth_N) in binned(seed).items():
        planted = plant(features_ND, truth_N, "even", FLIPPED, seed)
        labels_N, near = planted.labels_N, neighbors(features_ND)
        probs_NK, votes_NK = default_probs(planted, near), neighbor_votes(near, labels_N, BINS)
        ways = {
            "default": channel_quality(labels_N, probs_NK),
            "ordered": ordinal.detect(labels_N, probs_NK).quality,
            "votes": channel_quality(labels_N, votes_NK),
            "ordered_votes": ordinal.detect(labels_N, votes_NK).quality,
        }
        far = aps(np.abs(labels_N - truth_N) > 1, ways)
        found[name] = aps(planted.wrong_N, ways) | {f"{way}_far": figure for way, figure in far.items()}
    return found


def binned(seed: int) -> dict[str, tuple[F32, Int]]:
    """Standardized features, and the bin of each value, with equally many items per bin."""
    from sklearn.datasets import load_diabetes, make_friedman1
    from sklearn.preprocessing import scale

    sets: dict[str, tuple[F64, F64]] = {
        "diabetes": load_diabetes(return_X_y=True),
        "friedman": make_friedman1(ITEMS, noise=NOISE, random_state=seed),
    }
    inner = np.arange(1, BINS) / BINS
    return {
        name: (scale(features_ND).astype(np.float32), np.searchsorted(np.quantile(values_N, inner), values_N))
        for name, (features_ND, values_N) in sets.items()
    }


def said(found: Figures) -> dict[str, str]:
    ways = ("ordered", "default", "ordered_votes", "votes")
    ordered, default, ordered_votes, votes = (over_sets(found, way) for way in ways)
    return {
        "ordered": f"two regressions in {BINS} bins, AP {ordered} (the default, which knows no order: {default}); from "
        f"neighbors' votes alone {ordered_votes} ({votes}) [ablation]"
    }

"""Known totals: blurred digits in batches with a known number of items truly having each label."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.optional.label_proportions import with_totals
from evals.ablation.part import Figures, default_probs, over_sets
from evals.data.planted_noise import flipped
from evals.ranking import ap

BATCHES = (20, 100)


def measure(seed: int) -> Figures:
    found = {}
    for name, planted in flipped(seed, ["blurred"]):
        near = neighbors(planted.features_ND)
        probs_NK = default_probs(planted, near)
        for size in BATCHES:
            groups_N = np.random.default_rng(seed).permutation(len(probs_NK)) // size
            totals_GK = np.zeros((groups_N.max() + 1, 10))
            np.add.at(totals_GK, (groups_N, planted.truth_N), 1)
            ways = {
                "default": probs_NK,
                "totals": with_totals(probs_NK, groups_N, totals_GK),
                "totals_and_neighbors": with_totals(probs_NK, groups_N, totals_GK, near),
            }
            figures: dict[str, float] = {}
            for way, of_NK in ways.items():
                figures[way] = ap(planted.wrong_N, confident_learning.detect(planted.labels_N, of_NK).quality)
                figures[f"{way}_right"] = float((of_NK.argmax(axis=1) == planted.truth_N).mean())
            found[f"{name}, batches of {size}"] = figures
    return found


def said(found: Figures) -> dict[str, str]:
    each = []
    for size in BATCHES:
        sets = [name for name in found if name.endswith(f"of {size}")]
        ways = ("default", "totals", "totals_and_neighbors")
        default, totals, both = (over_sets(found, way, sets) for way in ways)
        each.append(f"batches of {size} blurred digits, AP {default}, with totals {totals}, with neighbors too {both}")
    return {"totals": "; ".join(each) + " [ablation]"}

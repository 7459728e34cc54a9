"""A rare clean group: fifteen upside-down fours among digits of which a tenth is wrong. They should not be flagged."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.confident import confident_learning
from errata.tools.features.probe import out_of_fold_probs
from errata.types import F32, Int
from evals.ablation.part import Figures, default_probs
from evals.data.planted_noise import PlantedNoise, digits, plant

SHARE, RARE, SIDE = 0.1, 15, 8


def measure(seed: int) -> Figures:
    planted = with_rare(*digits(), seed)
    ways = {"default": default_probs(planted), "recipe": out_of_fold_probs(planted.features_ND, planted.labels_N, 10)}
    found = {}
    for way, probs_NK in ways.items():
        flag_N = confident_learning.detect(planted.labels_N, probs_NK).flag
        found[way] = {
            "rare_flagged": float(flag_N[-RARE:].mean()),
            "wrong_flagged": float(flag_N[planted.wrong_N].mean()),
        }
    return found


def with_rare(pixels_ND: F32, truth_N: Int, seed: int) -> PlantedNoise:
    """The rare ones come last."""
    fours = np.random.default_rng(seed).permutation(np.flatnonzero(truth_N == 4))[:RARE]
    turned_RD = pixels_ND[fours].reshape(RARE, SIDE, SIDE)[:, ::-1].reshape(RARE, -1)
    planted, labels_R = plant(pixels_ND, truth_N, "even", SHARE, seed), truth_N[fours]
    return PlantedNoise(
        np.concatenate([planted.features_ND, turned_RD]),
        np.concatenate([planted.labels_N, labels_R]),
        np.concatenate([planted.truth_N, labels_R]),
    )


def said(found: Figures) -> dict[str, str]:
    ours, recipe = found["default"], found["recipe"]
    return {
        "rare": f"of {RARE} upside-down fours among digits {ours['rare_flagged']:.0%} are flagged, of the wrong labels "
        f"{ours['wrong_flagged']:.0%} (logistic regression in five folds: {recipe['rare_flagged']:.0%} and "
        f"{recipe['wrong_flagged']:.0%}) [ablation]"
    }

"""Walks over an item's surroundings: whether they know more about its label than its neighbors alone."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.confident.channel_quality import channel_quality
from errata.tools.detectors.neighbors.neighbors import neighbor_votes, neighbors
from errata.tools.detectors.optional.diffusion import membership
from errata.tools.detectors.probs.stacking import pool
from evals.ablation.part import Figures, default_probs, over_sets, rise
from evals.data.planted_noise import flipped
from evals.ranking import aps


def measure(seed: int) -> Figures:
    found = {}
    for name, planted in flipped(seed):
        labels_N, near = planted.labels_N, neighbors(planted.features_ND)
        probs_NK = default_probs(planted, near)
        walks_NK = np.stack([membership(near, labels_N, item, 10).shares_K for item in range(len(labels_N))])
        ways = {
            "walks": walks_NK,
            "votes": neighbor_votes(near, labels_N, 10),
            "default": probs_NK,
            "added": pool([probs_NK, walks_NK], labels_N),
        }
        found[name] = aps(planted.wrong_N, {way: channel_quality(labels_N, of) for way, of in ways.items()})
    return found


def said(found: Figures) -> dict[str, str]:
    return {
        "walks": f"AP alone {over_sets(found, 'walks')} (neighbors' votes: {over_sets(found, 'votes')}), added "
        f"{rise(found)} [ablation]"
    }

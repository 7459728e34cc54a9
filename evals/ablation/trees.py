"""A tree of labels: whether a broader label is right where a label itself may not be, and severe errors are found
first.

Blurred digits. Digits with similar mean pictures share a parent, one of four; an error is severe if it leaves the
parent.
"""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.confident.channel_quality import channel_quality
from errata.tools.detectors.tasks import hierarchy
from errata.types import LabelSpace
from evals.ablation.part import Figures, default_probs, over_sets, posterior
from evals.data.planted_noise import digits, flipped
from evals.ranking import aps

PARENTS = 4


def measure(seed: int) -> Figures:
    of, found = hierarchy.tree(space()), {}
    for name, planted in flipped(seed, ["blurred"]):
        labels_N, truth_N, probs_NK = planted.labels_N, planted.truth_N, default_probs(planted)
        severe_N = hierarchy.severe(labels_N, truth_N, of)
        ways = {
            "default": channel_quality(labels_N, probs_NK),
            "tree": hierarchy.detect(labels_N, probs_NK, of).quality,
        }
        posterior_NK = posterior(labels_N, probs_NK)
        nodes_N = hierarchy.back_off(posterior_NK, of)
        told_N = nodes_N != len(of.nodes) - 1
        broad_N = told_N & (nodes_N >= 10)
        right_N = posterior_NK.argmax(axis=1) == truth_N
        found[name] = {
            **aps(severe_N, ways),
            **{f"{way}_any": value for way, value in aps(planted.wrong_N, ways).items()},
            "severe": float(severe_N.mean()),
            "told": float(told_N.mean()),
            "broad": float(broad_N.mean()),
            "node_right": float(of.under_VV[nodes_N, truth_N][broad_N].mean()),
            "label_right": float(right_N[broad_N].mean()),
        }
    return found


def space() -> LabelSpace:
    from scipy.cluster.hierarchy import fcluster, linkage

    pixels_ND, truth_N = digits()
    means_KD = np.stack([pixels_ND[truth_N == k].mean(axis=0) for k in range(10)])
    parent_K = fcluster(linkage(means_KD, "ward"), PARENTS, "maxclust")
    names = tuple(map(str, range(10)))
    return LabelSpace(names, parents={name: f"group {parent}" for name, parent in zip(names, parent_K, strict=True)})


def said(found: Figures) -> dict[str, str]:
    names = ("tree", "default", "tree_any", "default_any", "broad", "node_right", "label_right", "severe")
    tree, default, tree_any, default_any, broad, node_right, label_right, severe = (
        over_sets(found, name) for name in names
    )
    return {
        "tree": f"labels wrong across parents, AP {tree} (the default, which knows no tree: {default}), wrong at all "
        f"{tree_any} ({default_any}); back-off names a parent for {broad} of the items, rightly for {node_right} of "
        f"these (their likeliest label: {label_right}) [ablation]",
        "severity": f"{severe} of the labels are wrong across parents, AP of finding these first {tree} (default: "
        f"{default}) [ablation]",
    }

"""Missing marks of made-up items with several labels: whether they are among the labels with the nearest centers."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.tasks import multi_label
from errata.types import Bool, Int
from evals.ablation.part import Figures, over_sets
from evals.data.marks import KINDS, Shares, marked

ASKED = 2


def measure(seed: int) -> Figures:
    found = {}
    for kind in KINDS:
        data = marked(kind, seed, Shares())
        marks_NK, labels = data.marks_NK, data.marks_NK.shape[1]
        orders = {
            "centers": multi_label.nearest_centers(data.vectors_ND, marks_NK, labels),
            "likeliest": np.argsort(-multi_label.true_probs(data.vectors_ND, marks_NK), axis=1),
            "commonest": np.tile(np.argsort(-marks_NK.sum(axis=0)), (len(marks_NK), 1)),
        }
        found[kind] = {way: missing_found(order_NK, data.true_NK, marks_NK) for way, order_NK in orders.items()}
    return found


def missing_found(order_NK: Int, true_NK: Bool, marks_NK: Bool) -> float:
    """Share of the missing marks that are among the first ASKED labels that their item is not marked with."""
    true_in_order_NK, marked_in_order_NK = (np.take_along_axis(of, order_NK, axis=1) for of in (true_NK, marks_NK))
    asked_NK = ~marked_in_order_NK & ((~marked_in_order_NK).cumsum(axis=1) <= ASKED)
    return float((asked_NK & true_in_order_NK).sum() / (true_NK & ~marks_NK).sum())


def said(found: Figures) -> dict[str, str]:
    return {
        "centers": f"missing marks of made-up sets among the first {ASKED} asked about: {over_sets(found, 'centers')} "
        f"of them (the likeliest by `true_probs`: {over_sets(found, 'likeliest')}, the commonest: "
        f"{over_sets(found, 'commonest')}) [ablation]"
    }

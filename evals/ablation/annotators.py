"""Annotators who have become careless: whether their accuracy or its decline reveals them.

Thirty people vote on 1,500 items. Three guess in their last quarter, three mix up two classes, three are worse than the
others all along.
"""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.annotators import Votes, annotator_reports
from errata.tools.detectors.annotators.dawid_skene import dawid_skene
from errata.types import Int
from evals.ablation.part import Figures
from evals.ranking import aps, three

ITEMS, PEOPLE, CLASSES, PER_ITEM = 1500, 30, 5, 4
CARELESS, BIASED, WEAK, STEADY = np.split(np.arange(PEOPLE), (3, 6, 9))
ACCURACY, WEAK_ACCURACY = 0.85, 0.65
TRUE, TAKEN_FOR, MIXED_UP = 2, 3, 0.5


def measure(seed: int) -> Figures:
    votes = cast(np.random.default_rng(seed))
    reports = annotator_reports(votes, dawid_skene(votes).label_probs_NK)
    history_M = np.array([report.history for report in reports])
    fall_M = np.array([(report.recent_agreement or 0) - (report.agreement or 0) for report in reports])
    ways = {"accuracy_ap": np.array([report.accuracy for report in reports]), "fall_ap": fall_M}
    named = {
        "careless_named": (history_M[CARELESS] == "careless_now").mean(),
        "biased_named": (history_M[BIASED] == "systematically_biased").mean(),
        "others_named": (history_M[np.concatenate([WEAK, STEADY])] != "steady").mean(),
    }
    return {"votes": {**aps(np.isin(np.arange(PEOPLE), CARELESS), ways), **{k: float(v) for k, v in named.items()}}}


def cast(rng: np.random.Generator) -> Votes:
    truth_N = rng.integers(0, CLASSES, ITEMS)
    item_V = np.repeat(np.arange(ITEMS), PER_ITEM)
    who_V = np.concatenate([rng.choice(PEOPLE, PER_ITEM, replace=False) for _ in range(ITEMS)])
    truth_V, other_V = truth_N[item_V], rng.integers(1, CLASSES, len(who_V))
    right_V = rng.random(len(who_V)) < np.where(np.isin(who_V, WEAK), WEAK_ACCURACY, ACCURACY)
    label_V: Int = np.where(right_V, truth_V, (truth_V + other_V) % CLASSES)
    for person in CARELESS:
        own = np.flatnonzero(who_V == person)
        lately = own[3 * len(own) // 4 :]
        label_V[lately] = rng.integers(0, CLASSES, len(lately))
    label_V[np.isin(who_V, BIASED) & (truth_V == TRUE) & (rng.random(len(who_V)) < MIXED_UP)] = TAKEN_FOR
    return Votes.from_triples(item_V, who_V, label_V, num_items=ITEMS, num_annotators=PEOPLE, num_classes=CLASSES)


def said(found: Figures) -> dict[str, str]:
    of = found["votes"]
    return {
        "history": f"annotators who guess lately, AP by the fall of their agreement {three(of['fall_ap'])} (by their "
        f"accuracy: {three(of['accuracy_ap'])}); of them {of['careless_named']:.0%} are named, of the biased "
        f"{of['biased_named']:.0%}, of the others {of['others_named']:.0%} [ablation]"
    }

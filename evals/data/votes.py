"""Votes of several annotators on items whose label is known: real ones, and planted ones of any number."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from errata.tools.detectors.annotators import Votes
from errata.tools.detectors.annotators.majority import majority_vote
from errata.tools.features.plain import PlainText
from errata.tools.features.probe import out_of_fold_probs
from errata.types import Int, Item, Probs

SEED = 0
CLASSES = ("not_entailed", "entailed")
PLANTED = {"num_items": 100_000, "num_annotators": 1000, "num_classes": 5}
VOTES_PER_ITEM = 5


class VoteTask(NamedTuple):
    """What the methods see: the votes, and class probabilities of the texts."""

    votes: Votes
    probs_NK: Probs


def task_of(rows: list[dict[str, Any]]) -> VoteTask:
    names = sorted({name for row in rows for name in row["workers"]})
    number = {name: m for m, name in enumerate(names)}
    votes = Votes.from_triples(
        np.repeat(np.arange(len(rows)), [len(row["votes"]) for row in rows]),
        np.array([number[name] for row in rows for name in row["workers"]]),
        np.array([vote for row in rows for vote in row["votes"]]),
        num_items=len(rows),
        num_annotators=len(names),
        num_classes=len(CLASSES),
    )
    items = [
        Item.of(idx, row["id"], row["id"], None, text=f"{row['text']} {row['text_b']}") for idx, row in enumerate(rows)
    ]
    probs_NK = out_of_fold_probs(PlainText().embed(items), majority_vote(votes), len(CLASSES))
    return VoteTask(votes, probs_NK)


def planted() -> tuple[Votes, Int]:
    rng = np.random.default_rng(SEED)
    true_N = rng.integers(0, PLANTED["num_classes"], PLANTED["num_items"])
    item_V = np.repeat(np.arange(len(true_N)), VOTES_PER_ITEM)
    # One annotator in each of five groups, so that no one votes twice on an item.
    group = PLANTED["num_annotators"] // VOTES_PER_ITEM
    annotator_V = rng.integers(0, group, len(item_V)) + group * np.tile(np.arange(VOTES_PER_ITEM), len(true_N))
    skill_M = rng.beta(6, 3, PLANTED["num_annotators"])
    elsewhere_V = (true_N[item_V] + rng.integers(1, PLANTED["num_classes"], len(item_V))) % PLANTED["num_classes"]
    label_V = np.where(rng.random(len(item_V)) < skill_M[annotator_V], true_N[item_V], elsewhere_V)
    return Votes.from_triples(item_V, annotator_V, label_V, **PLANTED), true_N

"""The votes of a run: kept with its arrays, so that what people said is at hand without the data."""

from __future__ import annotations

import numpy as np

from errata.agent.contributions import Annotators
from errata.agent.run.workspace import Workspace
from errata.tools.data.voted import Voted
from errata.tools.detectors.annotators.dawid_skene import DawidSkene, dawid_skene
from errata.tools.detectors.annotators.votes import Votes
from errata.tools.inference.people import People
from errata.tools.store.arrays import Arrays

VOTES, PROBS, SHARES = "votes", "votes.probs", "votes.shares"
"""Names of arrays: the votes as rows of item, annotator, and label; and what Dawid-Skene finds in them."""


def keep_votes(workspace: Workspace) -> None:
    """Once for a run, if its data has votes."""
    voted, arrays = workspace.dataset.voted, workspace.arrays
    if voted is None or arrays.has(VOTES):
        return
    workspace.add_contributions("votes", Annotators(names=voted.annotators))
    found = dawid_skene(voted.votes)
    arrays.save(PROBS, found.label_probs_NK)
    arrays.save(SHARES, found.class_shares_K)
    arrays.save(VOTES, np.stack([voted.votes.item_V, voted.votes.annotator_V, voted.votes.label_V], axis=1))


def kept_votes(arrays: Arrays, annotators: Annotators | None) -> Voted | None:
    """None if the run has no votes, or has not read them yet."""
    if annotators is None or not arrays.has(VOTES):
        return None
    item_V, annotator_V, label_V = np.asarray(arrays.load(VOTES)).T
    items, classes = arrays.load(PROBS).shape
    votes = Votes(item_V, annotator_V, label_V, items, len(annotators.names), classes)
    return Voted(annotators.names, votes)


def people(arrays: Arrays, voted: Voted | None) -> People | None:
    """What the votes say of each item; None without votes."""
    if voted is None:
        return None
    found = by_votes(arrays)
    return People.of(found.label_probs_NK, found.class_shares_K, voted.votes.counts())


def by_votes(arrays: Arrays) -> DawidSkene:
    return DawidSkene(np.asarray(arrays.load(PROBS)), np.asarray(arrays.load(SHARES)))

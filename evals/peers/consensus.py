"""Ways to find the consensus label of several annotators: errata's, crowd-kit's, and cleanlab's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import crowdkit.aggregation as crowdkit
import numpy as np
import pandas as pd

from errata.tools.detectors.annotators import Votes
from errata.tools.detectors.annotators.crowdlab import crowdlab
from errata.tools.detectors.annotators.dawid_skene import FEW, dawid_skene
from errata.tools.detectors.annotators.majority import majority_vote, vote_shares
from errata.types import Int, Probs
from evals.data.votes import SEED, VoteTask

ALL_COIN = float("inf")
LIKE_FOR_LIKE = {
    "errata majority": "crowd-kit MajorityVote",
    "errata one coin": "crowd-kit OneCoinDawidSkene",
    "errata Dawid-Skene": "crowd-kit DawidSkene",
    "errata CROWDLAB": "cleanlab CROWDLAB",
}
DEFAULT = "errata default"
"""errata.tools.detectors.annotators.detect: confusion matrices, and one coin for annotators with few votes."""


class Consensus(NamedTuple):
    """The label of each item, and the probabilities used to judge a given label."""

    label_N: Int
    probs_NK: Probs


Method = Callable[[VoteTask], Consensus]


def _majority(task: VoteTask) -> Consensus:
    return Consensus(majority_vote(task.votes), vote_shares(task.votes))


def _dawid_skene(few: float) -> Method:
    def method(task: VoteTask) -> Consensus:
        probs_NK = dawid_skene(task.votes, few=few).label_probs_NK
        return Consensus(probs_NK.argmax(axis=1), probs_NK)

    return method


def _crowdlab(task: VoteTask) -> Consensus:
    found = crowdlab(task.votes, task.probs_NK)
    return Consensus(found.consensus_N, found.label_probs_NK)


def _cleanlab(task: VoteTask) -> Consensus:
    """Its quality of each annotator's label is its probability of that label: read for both classes in turn."""
    from cleanlab.multiannotator import get_label_quality_multiannotator

    votes = task.votes
    table_NM = np.full((votes.num_items, votes.num_annotators), np.nan)
    table_NM[votes.item_V, votes.annotator_V] = votes.label_V
    result = get_label_quality_multiannotator(table_NM, task.probs_NK, verbose=False, return_annotator_stats=False)
    label_N = result["label_quality"]["consensus_label"].to_numpy()
    quality_V = result["detailed_label_quality"].to_numpy()[votes.item_V, votes.annotator_V]
    consensus_N = result["label_quality"]["consensus_quality_score"].to_numpy()
    probs_NK = np.zeros((votes.num_items, votes.num_classes))
    probs_NK[np.arange(votes.num_items), label_N] = consensus_N
    probs_NK[votes.item_V, votes.label_V] = quality_V
    return Consensus(label_N, probs_NK)


def _crowdkit(make: Callable[[], Any]) -> Method:
    def method(task: VoteTask) -> Consensus:
        model = make()
        return _read(model.fit_predict_proba(frame_of(task.votes)), model.labels_, task.votes)

    return method


def _crowdkit_skills(make: Callable[[], Any]) -> Method:
    """These two fail in their last step with scikit-learn 1.9 (crowd-kit 1.4.2); that step is a weighted majority."""

    def method(task: VoteTask) -> Consensus:
        model = crowdkit.MajorityVote().fit(frame_of(task.votes), make().fit(frame_of(task.votes)).skills_)
        return _read(model.probas_, model.labels_, task.votes)

    return method


def _read(probs: pd.DataFrame, labels: pd.Series, votes: Votes) -> Consensus:
    items, classes = range(votes.num_items), range(votes.num_classes)
    probs_NK = probs.reindex(index=items, columns=classes, fill_value=0).to_numpy(np.float64)
    return Consensus(labels.reindex(items).to_numpy(), probs_NK)


def frame_of(votes: Votes) -> pd.DataFrame:
    return pd.DataFrame({"task": votes.item_V, "worker": votes.annotator_V, "label": votes.label_V})


METHODS: dict[str, Method] = {
    "errata majority": _majority,
    "errata one coin": _dawid_skene(few=ALL_COIN),
    "errata Dawid-Skene": _dawid_skene(few=0),
    DEFAULT: _dawid_skene(few=FEW),
    "errata CROWDLAB": _crowdlab,
    "crowd-kit MajorityVote": _crowdkit(crowdkit.MajorityVote),
    "crowd-kit OneCoinDawidSkene": _crowdkit(crowdkit.OneCoinDawidSkene),
    "crowd-kit DawidSkene": _crowdkit(crowdkit.DawidSkene),
    "crowd-kit Wawa": _crowdkit_skills(crowdkit.Wawa),
    "crowd-kit ZeroBasedSkill": _crowdkit_skills(crowdkit.ZeroBasedSkill),
    "crowd-kit GLAD": _crowdkit(crowdkit.GLAD),
    "crowd-kit MACE": _crowdkit(lambda: crowdkit.MACE(random_state=SEED)),
    "cleanlab CROWDLAB": _cleanlab,
}

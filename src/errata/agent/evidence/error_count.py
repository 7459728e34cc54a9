"""How likely each given label is right, by all evidence and by the scan alone: the basis of the error count."""

from __future__ import annotations

import numpy as np

from errata.agent.evidence.checked import count_in, noun
from errata.agent.evidence.prob_arrays import load_kept
from errata.agent.evidence.snapshot import Snapshot
from errata.tools.detectors.arrays.top_classes import top_classes
from errata.tools.report.count import WrongCount, count_wrong
from errata.types import F64, Bool

FAVORITE = "given_is_favorite"
"""The array of whether the given label is the likeliest by the out-of-sample probabilities."""


def wrong_labels(snapshot: Snapshot) -> WrongCount:
    """The honest error count, the same on every screen: from the last complete random check, otherwise estimated from
    the evidence; of no items if the run has neither."""
    for check in reversed(snapshot.checks):
        if check.draw.where is None and not check.left:
            return count_in(check, snapshot)
    if not snapshot.proposed.idx:
        return count_wrong([])
    return count_wrong(*given_holds(snapshot), noun=noun(snapshot))


def given_holds(snapshot: Snapshot) -> F64:
    """f64[2, N], low = bad: row 0 by all the evidence, row 1 whether the scan's probabilities favor the given label.
    NaN in row 0 where an item has no label or cannot be read.

    Annotators who err on hard items look the same as hard items with right labels, so the evidence may find far too few
    errors: 160 of 5,000 NoisyAG news, where 986 are wrong. The scan would give about 590 of them another label. Once a
    judge has looked at an item, or several people have voted on it, only the combined evidence counts for it.
    """
    quality_N = np.array(snapshot.proposed.quality, np.float64)  # None, for no label, becomes NaN
    judged_N = np.array(snapshot.proposed.basis) != "scan"
    if snapshot.voted is not None:
        judged_N |= snapshot.voted.votes.per_item_N > 0
    return np.stack([quality_N, np.where(judged_N, quality_N, _is_favorite(snapshot))])


def _is_favorite(snapshot: Snapshot) -> Bool:
    arrays = snapshot.workspace.arrays
    if not arrays.has(FAVORITE):
        given_N = snapshot.given_N
        probs_NK = load_kept(arrays, "probs", len(snapshot.workspace.run.label_space.names))
        favorite_N: Bool = top_classes(given_N, probs_NK).top_N == given_N
        if snapshot.workspace.store.read_only:
            return favorite_N
        arrays.save(FAVORITE, favorite_N)
    return np.asarray(arrays.load(FAVORITE))

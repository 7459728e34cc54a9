"""Dawid-Skene: the items' true labels and each annotator's confusions, estimated together from votes alone.

Dawid, Skene 1979, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm". Counts are smoothed,
and annotators with few votes have one accuracy instead of a confusion matrix ("one coin").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.errors import DataError
from errata.tools.detectors.annotators.labeler_risk import scores
from errata.tools.detectors.annotators.majority import vote_shares
from errata.tools.detectors.annotators.votes import NONE, Votes
from errata.tools.detectors.arrays.softmax import softmax
from errata.types import F32, F64, Bool, Int, Scores

if TYPE_CHECKING:
    from scipy.sparse import csr_array

RIGHT, WRONG = 4.0, 1.0
"""Pseudo-votes assumed for everybody, per true class: 4 right, 1 spread over the wrong classes."""
FEW = 10
"""Fewer votes than this cannot fill a confusion matrix."""
ROUNDS = 100
STILL = 1e-5
"""The items' probabilities have converged once a round moves each by less than this on average."""
BLOCK = 1 << 22
"""Probabilities held in float64 at once: 32 MB."""


class DawidSkene(NamedTuple):
    """``label_probs_NK`` f32, rows sum to 1: p(true label | all votes). ``class_shares_K`` f64: p(true label).

    One over the other is, up to a factor per item, the likelihood of the item's votes under each true label (where
    the label is not known as gold).
    An item without votes has the class shares.
    """

    label_probs_NK: F32
    class_shares_K: F64


def detect(votes: Votes, labels_N: ArrayLike | None = None, gold_N: ArrayLike | None = None) -> Scores:
    """Scores of the given labels or, without them, of the votes' consensus; ``label_probs`` are Dawid-Skene's.

    ``quality`` is the label's probability, low = bad; ``flag``: more likely wrong than right. ``gold_N``: true labels
    if known, else -1. Raises DataError for labels outside the classes.
    """
    gold = _known(votes, gold_N)
    label_probs_NK = dawid_skene(votes, gold).label_probs_NK
    labels = label_probs_NK.argmax(axis=1) if labels_N is None else labels_N
    return scores(label_probs_NK, labels, _known_items(votes, gold))


def dawid_skene(
    votes: Votes, gold_N: ArrayLike | None = None, *, few: float = FEW, rounds: int = ROUNDS, block: int = BLOCK
) -> DawidSkene:
    """The posterior over true labels by expectation-maximization from the shares of the votes.

    An annotator with fewer than ``few`` votes has one accuracy for all classes: 0 gives everybody a confusion matrix
    (the paper's model), infinity nobody (the one-coin model). ``gold_N`` holds an item's true label if it is known,
    else -1: votes on it count toward an annotator's confusions as certain, before any other item is used. At most
    ``rounds`` rounds; ``block`` probabilities are processed at once.
    Raises DataError for gold labels outside the classes.
    """
    gold = _known(votes, gold_N)
    pairs = _Pairs(votes, few)
    known_N = _known_items(votes, gold)
    probs_NK = vote_shares(votes)
    _certain(probs_NK, gold)
    for _ in range(rounds):
        log_shares_K = np.log(_class_shares(probs_NK, known_N))
        log_likelihood_RK = np.log(pairs.likelihood(pairs.count(probs_NK, block)))
        moved = 0.0
        for rows in _blocks(probs_NK, block):
            new_nK = softmax(pairs.incidence_NR[rows] @ log_likelihood_RK + log_shares_K)
            _certain(new_nK, gold[rows])
            moved += float(np.abs(new_nK - probs_NK[rows]).sum())
            probs_NK[rows] = new_nK
        if moved < STILL * len(probs_NK):
            break
    return DawidSkene(probs_NK, _class_shares(probs_NK, known_N))


class _Pairs:
    """The R pairs (annotator, label) that occur in the votes: only these of the M x K x K confusions are needed."""

    def __init__(self, votes: Votes, few: float) -> None:
        from scipy.sparse import csr_array

        classes = votes.num_classes
        pair_R, column_V = np.unique(votes.annotator_V * classes + votes.label_V, return_inverse=True)
        annotator_R, label_R = np.divmod(pair_R, classes)
        count = len(pair_R)
        self.incidence_NR: csr_array = csr_array(
            (np.ones(len(column_V)), (votes.item_V, column_V)), shape=(votes.num_items, count)
        )
        self.of_MR: csr_array = csr_array(
            (np.ones(count), (annotator_R, np.arange(count))), shape=(votes.num_annotators, count)
        )
        self.annotator_R: Int = annotator_R
        self.right_RK: Bool = label_R[:, None] == np.arange(classes)
        self.smoothing_RK: F64 = np.where(self.right_RK, RIGHT, WRONG / max(classes - 1, 1))
        self.one_coin_R: Bool = votes.per_annotator_M[annotator_R] < few

    def count(self, probs_NK: F32, block: int) -> F64:
        """f64[R, K]: how often the annotator is expected to have given this label to an item of each true class."""
        counts_RK = np.zeros(self.right_RK.shape)
        for rows in _blocks(probs_NK, block):
            counts_RK += self.incidence_NR[rows].T @ probs_NK[rows].astype(np.float64)
        return counts_RK

    def likelihood(self, counts_RK: F64) -> F64:
        """f64[R, K]: p(the annotator gives this label | true class)."""
        seen_MK = self.of_MR @ counts_RK
        matrix_RK = (counts_RK + self.smoothing_RK) / (seen_MK[self.annotator_R] + RIGHT + WRONG)
        right_M = self.of_MR @ counts_RK.sum(axis=1, where=self.right_RK)
        accuracy_M = (right_M + RIGHT) / (seen_MK.sum(axis=1) + RIGHT + WRONG)
        accuracy_R1 = accuracy_M[self.annotator_R, None]
        others = max(counts_RK.shape[1] - 1, 1)
        coin_RK = np.where(self.right_RK, accuracy_R1, (1 - accuracy_R1) / others)
        likelihood_RK: F64 = np.where(self.one_coin_R[:, None], coin_RK, matrix_RK)
        return likelihood_RK


def _known(votes: Votes, gold_N: ArrayLike | None) -> Int:
    gold = np.full(votes.num_items, NONE) if gold_N is None else np.asarray(gold_N)
    if gold.shape != (votes.num_items,) or gold.dtype.kind not in "iu":
        raise DataError(
            f"Gold labels must be {votes.num_items} integers, {NONE} where the truth is not known, "
            f"got shape {gold.shape} of {gold.dtype}."
        )
    outside = np.flatnonzero((gold < NONE) | (gold >= votes.num_classes))
    if len(outside):
        raise DataError(
            f"Gold labels must lie in 0..{votes.num_classes - 1}, got {gold[outside[0]]} for item {outside[0]}."
        )
    return gold.astype(np.int64, copy=False)


def _known_items(votes: Votes, gold_N: Int) -> Bool:
    """bool[N]: whether a vote or the truth is known for the item."""
    known_N: Bool = (votes.per_item_N > 0) | (gold_N != NONE)
    return known_N


def _certain(probs_nK: NDArray[np.floating], gold_n: Int) -> None:
    known = np.flatnonzero(gold_n != NONE)
    probs_nK[known] = 0
    probs_nK[known, gold_n[known]] = 1


def _class_shares(probs_NK: F32, known_N: Bool) -> F64:
    sums_K = probs_NK.sum(axis=0, dtype=np.float64, where=known_N[:, None]) + 1
    shares_K: F64 = sums_K / sums_K.sum()
    return shares_K


def _blocks(probs_NK: F32, block: int) -> Iterator[slice]:
    step = max(1, block // probs_NK.shape[1])
    return (slice(start, start + step) for start in range(0, len(probs_NK), step))

"""Check whether the columns of a user's probabilities are in the order of errata's labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from errata.tools.detectors.arrays.top_classes import top_classes
from errata.tools.detectors.arrays.top_probs import only
from errata.types import F64, Int, LabelProbs

MOST_CLASSES = 1000
"""With more classes, finding the best order takes too long."""
SURE, ODDS, TIMES = 4.0, 5, 1.5
"""The rows that support the other order must outnumber those against it by this many standard deviations, by this
ratio, and give it this much more probability."""


class Misfit(NamedTuple):
    """``order[k]``: the column that fits label k. Of ``rows``, ``hits`` have their likeliest column at their given
    label in the current order, ``hits_if_ordered`` in the other order."""

    order: tuple[int, ...]
    rows: int
    hits: int
    hits_if_ordered: int


def misfit(probs_NK: LabelProbs, given_N: Int) -> Misfit | None:
    """Another order of the columns that fits the given labels far better, or None.

    ``given_N`` int[N], -1 = no label. Poor probabilities agree with the labels in no order: an order is chosen on one
    half of the rows and must prove itself on the other half, both in the likeliest column and in the mean probability.
    So neither chance counts, nor a model that favors one label, nor a leave-one-out prior, which is always slightly
    against the given label.
    """
    classes = probs_NK.shape[1]
    labeled_n = np.flatnonzero(given_N >= 0)
    if not 2 <= classes <= MOST_CLASSES:
        return None
    probs_nK, given_n = only(probs_NK, labeled_n), given_N[labeled_n]
    likeliest_n, weight_n = top_classes(given_n, probs_nK).top_N, 1 / np.bincount(given_n)[given_n]
    rows, gained, lost, kept = np.zeros(2), 0.0, 0.0, 0.0
    for chosen_n, tried_n in _halves(given_n):
        order_K = _best_order(likeliest_n[chosen_n], given_n[chosen_n], weight_n[chosen_n], classes)
        # The column of a label without items proves nothing: a model may well favor such a label.
        here = tried_n[(order_K[given_n[tried_n]] != given_n[tried_n]) & np.isin(order_K[given_n[tried_n]], given_n)]
        other_m, given_m, weight_m = order_K[given_n[here]], given_n[here], weight_n[here]
        better_m, worse_m = likeliest_n[here] == other_m, likeliest_n[here] == given_m
        rows += better_m.sum(), worse_m.sum()
        gained += float(weight_m @ better_m)
        lost += float(weight_m @ worse_m)
        kept += float(weight_m @ (probs_nK[here, other_m] - TIMES * probs_nK[here, given_m]))
    sure = rows[0] - rows[1] >= SURE * np.sqrt(rows.sum()) > 0
    if not sure or gained < ODDS * lost or kept < 0:
        return None
    order = tuple(map(int, _best_order(likeliest_n, given_n, weight_n, classes)))
    as_they_stand = int((likeliest_n == given_n).sum())
    return Misfit(order, len(given_n), as_they_stand, hits(probs_nK, given_n, order))


def hits(probs_NK: LabelProbs, given_N: Int, order: Sequence[int]) -> int:
    """In how many labeled rows the likeliest column is, in this order, that of the given label."""
    labeled_n = np.flatnonzero(given_N >= 0)
    given_n = given_N[labeled_n]
    return int((top_classes(given_n, only(probs_NK, labeled_n)).top_N == np.asarray(order)[given_n]).sum())


def as_text(names: Sequence[str]) -> tuple[int, ...]:
    """The column order that results from sorting the names as text, as scikit-learn does."""
    places = {k: place for place, k in enumerate(sorted(range(len(names)), key=lambda k: names[k]))}
    return tuple(places[k] for k in range(len(names)))


def _halves(given_n: Int) -> Iterator[tuple[Int, Int]]:
    """Every second row of each class, and the rest: to choose on and to test on, then the other way round."""
    by_class = np.argsort(given_n, kind="stable")
    yield by_class[::2], by_class[1::2]
    yield by_class[1::2], by_class[::2]


def _best_order(likeliest_n: Int, given_n: Int, weight_n: F64, classes: int) -> Int:
    """int[K]: the column for each label that makes most rows agree; ``weight_n`` makes every label count the same."""
    from scipy.optimize import linear_sum_assignment

    cells_n, size = given_n * classes + likeliest_n, classes * classes
    agreed_KK = np.bincount(cells_n, weight_n, minlength=size).reshape(classes, classes)
    # Among equals, prefer what stays in place.
    _, order_K = linear_sum_assignment(agreed_KK + 1e-6 * np.eye(classes), maximize=True)
    found: Int = order_K.astype(np.int64)
    return found

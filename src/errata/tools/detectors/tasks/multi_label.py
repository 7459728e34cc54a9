"""Multi-label marks: a label that is not marked is unknown, not absent; a few marks are mistakes.

A linear head per label learns the marks unchanged, each item left out of its own prediction. A mark is then treated as
the output of a noisy channel: a true label goes unmarked far more often than a false one is marked (positive-unlabeled
learning, PU-MLC: Yuan et al. 2023; asymmetric flips, NBPO: Yu, Qin 2020). Both rates are fitted per label; that of
superfluous marks, which are few, is shrunk toward the other labels'. The channel's corrected marks are then learned
from as well, half and half with the marks (soft bootstrapping: Reed et al. 2015).

Unions of pairs as further training items (LaSO: Alfassy et al. 2019) are omitted: on 1,500 synthetic items, of which 0
to 500 had several labels, they changed the average precision of wrong marks by -.001 to +.013, and that of labels on
unseen items by -.001 to -.008.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError, SetupError
from errata.tools.detectors.arrays.checks import vectors
from errata.tools.detectors.probs.ridge import Ridge
from errata.tools.features.embedder import unit_rows
from errata.types import F32, F64, Bool, Int, Scores

MOST_MISSING = 0.95
MOST_SUPERFLUOUS = 0.2
"""A mark carries information: for no label is a larger share of the absent marked. Otherwise "all is noise" would
explain any marks."""
PRIOR_ABSENT = 20
"""Pseudo-items without the label and without its mark, representing prior knowledge of annotators: as good as 0 to 50
on planted marks, but without them uninformative vectors would make a fifth of all marks superfluous."""
STEEPEST = 6.0
"""Slope per standard deviation of the scores. If a score separates marks cleanly, the slope would become a step, and
the items ties. Chosen on planted marks among 3 to 12 and none."""
SHARED_ABSENT = 300
"""Pseudo-items without the label, representing what the other labels' marks say about superfluous ones. Chosen on
planted marks, with other seeds and shares than those reported: 100 finds fewer superfluous marks, 1000 fewer missing
ones."""


class Channel(NamedTuple):
    """One label's marks: p(unmarked | true), p(marked | not true), and p(true) = sigmoid(slope * score + shift)."""

    missing: float
    superfluous: float
    slope: float
    shift: float

    def true_given(self, scores_N: F64, marked_N: Bool) -> F64:
        """f64[N]: the probability that the label truly applies to each item, given its score and its mark. By Bayes'
        rule: a true label left unmarked versus a false one not marked, or the reverse."""
        from scipy.special import expit

        true_N = expit(self.slope * scores_N + self.shift)
        if_true_N = np.where(marked_N, 1 - self.missing, self.missing)
        if_false_N = np.where(marked_N, self.superfluous, 1 - self.superfluous)
        posterior_N: F64 = true_N * if_true_N / (true_N * if_true_N + (1 - true_N) * if_false_N)
        return posterior_N


def detect(embeddings_ND: ArrayLike, marked_NK: ArrayLike) -> Scores:
    """Scores of items with any number of marks: ``quality`` is the probability that all K marks, set or not, are right.

    ``flag``: some mark is more likely wrong than right. No ``label_probs``: labels do not exclude each other; see
    ``true_probs``. Raises DataError for invalid arrays.
    """
    marks_NK = marked(marked_NK)
    return scores_of(true_probs(embeddings_ND, marks_NK), marks_NK)


def scores_of(true_NK: F32, marks_NK: Bool) -> Scores:
    """``detect``'s scores, by the probabilities that each label truly applies."""
    right_NK: F32 = np.where(marks_NK, true_NK, 1 - true_NK)
    quality_N: F32 = np.exp(np.log(np.maximum(right_NK, np.finfo(np.float32).tiny)).sum(axis=1))
    return Scores(quality_N, np.any(right_NK < 0.5, axis=1))


def true_probs(embeddings_ND: ArrayLike, marked_NK: ArrayLike) -> F32:
    """f32[N, K]: the probability that each label truly applies, given the item's content and its mark.

    High for unmarked labels: a missing label; low for marked ones: a superfluous label. A label that all or no items
    are marked with cannot be learned: its marks are kept, as 1 or 0. Raises DataError for invalid arrays.
    """
    marks_NK = marked(marked_NK)
    ridge, true_NK = Ridge(vectors(embeddings_ND, len(marks_NK))), marks_NK.astype(np.float32)
    learned = np.flatnonzero(marks_NK.any(axis=0) & ~marks_NK.all(axis=0))
    if len(learned):
        marks_NL = marks_NK[:, learned]
        first_NL = true_given_marks(ridge.leave_one_out(marks_NL), marks_NL)
        # An item's own mark influenced what the others learned. With half of the marks left, its effect hardly returns.
        true_NK[:, learned] = true_given_marks(ridge.leave_one_out((first_NL + marks_NL) * np.float32(0.5)), marks_NL)
    return true_NK


def true_given_marks(scores_NK: F32, marked_NK: Bool) -> F32:
    """f32[N, K]: the probability that each label truly applies, by the channels that best fit scores and marks."""
    columns = zip(fit_channels(scores_NK, marked_NK), scores_NK.T.astype(np.float64), marked_NK.T, strict=True)
    found = [channel.true_given(scores_N, marked_N) for channel, scores_N, marked_N in columns]
    return np.stack(found, axis=1).astype(np.float32)


def fit_channels(scores_NK: F32, marked_NK: Bool) -> list[Channel]:
    """Each label's channel: fitted alone, then again with the mean superfluous rate as its prior."""
    columns = list(zip(scores_NK.T.astype(np.float64), marked_NK.T, strict=True))
    rate = float(np.mean([fit_channel(scores_N, marks_N).superfluous for scores_N, marks_N in columns]))
    prior = SHARED_ABSENT * rate, SHARED_ABSENT * (1 - rate)
    return [fit_channel(scores_N, marks_N, prior) for scores_N, marks_N in columns]


def fit_channel(scores_N: F64, marked_N: Bool, prior: tuple[float, float] = (1, PRIOR_ABSENT)) -> Channel:
    """The channel under which one label's marks are likeliest, with one pseudo-count on each end of the missing rate.

    ``prior``: pseudo-counts of absent labels that are marked, and that are not.
    """
    from scipy.optimize import minimize

    middle, spread = scores_N.mean(), max(scores_N.std(), 1e-6)
    standard_N = (scores_N - middle) / spread
    start = [-1.0, -2.0, 2.0, -1.0]
    bounds = [(-10, 10), (-10, 10), (0, STEEPEST), (None, None)]
    fitted = minimize(channel_loss, start, (standard_N, marked_N, prior), jac=True, method="L-BFGS-B", bounds=bounds).x
    missing, superfluous = _rates(fitted)
    return Channel(missing, superfluous, fitted[2] / spread, fitted[3] - fitted[2] * middle / spread)


def nearest_centers(embeddings_ND: ArrayLike, marked_NK: ArrayLike, count: int) -> Int:
    """i64[N, min(count, labels in use)]: the labels whose mean embedding is nearest by cosine, nearest first.

    Several true labels of an item are all near: candidates to ask about (MLCD: An et al. 2024). Raises DataError for
    invalid arrays, SetupError for an invalid count.
    """
    if count < 1:
        raise SetupError(f"An item has at least one candidate label, got count={count}.")
    marks_NK = marked(marked_NK)
    units_ND = unit_rows(vectors(embeddings_ND, len(marks_NK)))
    used = np.flatnonzero(marks_NK.any(axis=0))
    centers_UD = unit_rows(marks_NK[:, used].T.astype(np.float32) @ units_ND)
    return used[np.argsort(-(units_ND @ centers_UD.T), axis=1, kind="stable")[:, :count]]


def marked(marked_NK: ArrayLike) -> Bool:
    """The marks as bool[N, K]. Raises DataError unless they are a table of 0 and 1 (or False and True)."""
    marks = np.asarray(marked_NK)
    if marks.ndim != 2 or (marks.dtype != np.bool_ and not np.isin(marks, (0, 1)).all()):
        raise DataError(
            f"Marks must be a table of items by labels that holds 0 and 1 alone, got shape {marks.shape} of "
            f"{marks.dtype}. Leave unlabeled items out."
        )
    return marks.astype(np.bool_)


def _rates(free: F64) -> tuple[float, float]:
    from scipy.special import expit

    return MOST_MISSING * float(expit(free[0])), MOST_SUPERFLUOUS * float(expit(free[1]))


def channel_loss(free: F64, standard_N: F64, marked_N: Bool, prior: tuple[float, float]) -> tuple[float, F64]:
    """Minus the mean log-likelihood and log-prior of a channel, low = good, and its gradient f64[4] by ``free``.

    ``free`` f64[4]: the log-odds of the missing and the superfluous rate, each as a share of its maximum; slope and
    shift. ``standard_N``: scores of mean 0 and variance 1. ``prior`` as in ``fit_channel``.
    """
    from scipy.special import expit

    (missing, superfluous), count = _rates(free), len(standard_N)
    true_N = expit(free[2] * standard_N + free[3])
    chance_N = superfluous + (1 - missing - superfluous) * true_N
    chance_N = np.clip(np.where(marked_N, chance_N, 1 - chance_N), 1e-9, None)
    log_prior = np.log([missing, 1 - missing]).sum() + np.log([superfluous, 1 - superfluous]) @ prior
    slope_N = np.where(marked_N, -1, 1) / chance_N
    by_score_N = slope_N * (1 - missing - superfluous) * true_N * (1 - true_N)
    by_missing = -slope_N @ true_N - 1 / missing + 1 / (1 - missing)
    by_superfluous = slope_N @ (1 - true_N) - prior[0] / superfluous + prior[1] / (1 - superfluous)
    gradient = [
        by_missing * missing * (1 - missing / MOST_MISSING),
        by_superfluous * superfluous * (1 - superfluous / MOST_SUPERFLUOUS),
        by_score_N @ standard_N,
        by_score_N.sum(),
    ]
    return float(-np.log(chance_N).sum() - log_prior) / count, np.array(gradient) / count

"""One expectation maximization for any knowledge about a label: one that may be wrong, candidates, votes, or nothing.

Chen et al. 2024, "Imprecise Label Learning: A Unified Framework for Learning with Various Imprecise Label
Configurations" (ILL), on frozen embeddings: the precise label is the latent variable, the model is a ridge regression
whose predictions leave each item out exactly, and the noise is one row-stochastic transition matrix, used both to infer
the label and to learn from it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from errata.errors import DataError
from errata.tools.detectors.arrays.blocks import each_block
from errata.tools.detectors.arrays.checks import labeled, vectors
from errata.tools.detectors.arrays.class_sums import class_sums
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.probs.ridge import Ridge
from errata.tools.detectors.probs.temperature import ROWS, SMALLEST, sharpened
from errata.types import F32, F64, Int, Scores

ROUNDS = 3
"""More rounds reinforce their own errors: on digits with 10% noise, average precision falls from .98 to .90 by the
tenth."""
RIGHT = 0.9
PSEUDO = 5.0
"""Pseudo-labels of each class, RIGHT of them right: they bound the noise of a rare class."""
FIRST_RIGHT = 0.999
"""The assumed probability that a given label is right before there is a model."""


class LearnedLabels(NamedTuple):
    """``posterior_NK`` f32: the latent label under the model and what is known of the item. ``model_NK`` f32: under the
    model alone, fitted without the item. ``transition_KK[a, b]`` f64: P(given = b | true = a)."""

    posterior_NK: F32
    model_NK: F32
    transition_KK: F64


def detect(embeddings_ND: ArrayLike, labels_N: ArrayLike, num_classes: int) -> Scores:
    """Scores of labeled items: ``quality`` is the posterior probability of the given label, which counts in it
    according to the learned noise; ``flag``: another one is likelier; ``label_probs``: the model without the item's own
    label. Raises DataError for invalid arrays."""
    labels = labeled(labels_N, num_classes)
    found = learn(embeddings_ND, labels, num_classes)
    quality_N = found.posterior_NK[np.arange(len(labels)), labels]
    return Scores(quality_N, found.posterior_NK.max(axis=1) > quality_N, found.model_NK)


def learn(
    embeddings_ND: ArrayLike, labels_N: ArrayLike, num_classes: int, likelihoods_NK: ArrayLike | None = None
) -> LearnedLabels:
    """The most probable labels given everything known about them, and how the given ones came about.

    ``labels_N``: one label that may be wrong, through a learned transition matrix; -1 if there is none.
    ``likelihoods_NK``: what else is known of an item, as its likelihood under each label, up to a factor: ones for
    nothing, zeros outside a set of candidates, the product of annotators' confusion columns, a single one for a
    person's decision. Raises DataError for invalid arrays, or if nothing is known of any item.
    """
    known = _Known(np.asarray(labels_N), num_classes, likelihoods_NK)
    ridge = Ridge(vectors(embeddings_ND, len(known.labels_N)))
    transition_KK = _mostly_right(num_classes, FIRST_RIGHT)
    posterior_NK = known.weigh(np.ones((len(known.labels_N), num_classes), np.float32), transition_KK)
    model_NK = known.predict(ridge, posterior_NK, transition_KK)
    transition_KK = known.first_transition(model_NK)
    for _ in range(ROUNDS):
        model_NK = known.predict(ridge, posterior_NK, transition_KK)
        posterior_NK = known.weigh(model_NK, transition_KK)
        transition_KK = known.transition(posterior_NK)
    return LearnedLabels(posterior_NK, model_NK, transition_KK)


class _Known:
    """What is known of the items' labels besides their content."""

    def __init__(self, labels_N: ArrayLike, num_classes: int, likelihoods_NK: ArrayLike | None) -> None:
        self.labels_N = np.array(labels_N)
        self.given_N = self.labels_N != -1
        self.labels_N[self.given_N] = labeled(self.labels_N[self.given_N], num_classes)
        self.likelihoods_NK = (
            None if likelihoods_NK is None else _likelihoods(likelihoods_NK, (len(self.labels_N), num_classes))
        )
        told_N = self.given_N.copy()
        self.possible_K = np.bincount(self.labels_N[self.given_N], minlength=num_classes) > 0
        if self.likelihoods_NK is not None:
            told_N |= self.likelihoods_NK.min(axis=1) < self.likelihoods_NK.max(axis=1)
            self.possible_K |= self.likelihoods_NK.max(axis=0) > 0
        if not told_N.any():
            raise DataError("Nothing is known of any item: give labels, candidate sets or annotators' likelihoods.")
        told_n = np.flatnonzero(told_N)
        self.sample_n = told_n[:: -(-len(told_n) // ROWS)]

    def likelihoods(self, rows: slice | Int, transition_KK: F64) -> F32:
        """f32[B, K]: the likelihood of what is known of the rows under each label."""
        # The label -1 selects the last column: having no label is equally likely under any truth.
        columns_KL = np.column_stack([transition_KK, np.ones(len(transition_KK))]) * self.possible_K[:, None]
        likelihoods_BK: F32 = np.ascontiguousarray(columns_KL.T, np.float32)[self.labels_N[rows]]
        if self.likelihoods_NK is not None:
            likelihoods_BK *= self.likelihoods_NK[rows]
        return likelihoods_BK

    def predict(self, ridge: Ridge, targets_NK: F32, transition_KK: F64) -> F32:
        """f32[N, K], rows sum to 1: the model's probabilities, at the sharpness that makes what is known likeliest."""
        scores_NK = ridge.leave_one_out(targets_NK)
        scores_NK[:, ~self.possible_K] = -np.inf
        return sharpened(scores_NK, self.sample_n, self.likelihoods(self.sample_n, transition_KK))

    def weigh(self, model_NK: F32, transition_KK: F64) -> F32:
        """f32[N, K]: the model's probabilities times the evidence; the evidence alone if they exclude each other."""
        posterior_NK = np.empty_like(model_NK)

        def work(rows: slice) -> None:
            likelihoods_BK = self.likelihoods(rows, transition_KK)
            posterior_BK = np.maximum(model_NK[rows], SMALLEST) * likelihoods_BK
            posterior_NK[rows] = posterior_BK / posterior_BK.sum(axis=1, keepdims=True)

        each_block(work, *model_NK.shape)
        return posterior_NK

    def transition(self, posterior_NK: F32) -> F64:
        """f64[K, K], rows sum to 1: how often each label was given, by the posterior of the true one."""
        classes = posterior_NK.shape[1]
        return _smoothed(class_sums(posterior_NK, self.labels_N % (classes + 1), classes + 1)[:classes].T)

    def first_transition(self, model_NK: F32) -> F64:
        """As ``transition``, by confident learning, since the first posterior still trusts the given labels."""
        labels_n = self.labels_N[self.given_N]
        model_nK = model_NK if self.given_N.all() else model_NK[self.given_N]
        return _smoothed(confident_joint(labels_n, model_nK).calibrated(labels_n).T)


def _likelihoods(likelihoods_NK: ArrayLike, shape: tuple[int, int]) -> F32:
    likelihoods = np.asarray(likelihoods_NK, np.float32)
    if likelihoods.shape != shape:
        raise DataError(f"Likelihoods must be of shape (items, classes) {shape}, got {likelihoods.shape}.")
    low_N, high_N = likelihoods.min(axis=1), likelihoods.max(axis=1)
    bad_N = ~((low_N >= 0) & (high_N > 0) & (high_N < np.inf))
    if bad_N.any():
        row = int(np.flatnonzero(bad_N)[0])
        raise DataError(
            f"Row {row} of the likelihoods is unfit ({int(bad_N.sum())} such rows): {likelihoods[row][:8].tolist()}. "
            "Each row must be finite, not negative, and above 0 for one label or more."
        )
    scaled_NK: F32 = likelihoods / high_N[:, None]
    return scaled_NK


def _mostly_right(classes: int, right: float) -> F64:
    wrong = (1 - right) / max(classes - 1, 1)
    return np.full((classes, classes), wrong) + (right - wrong) * np.eye(classes)


def _smoothed(counts_KK: NDArray[np.floating | np.integer]) -> F64:
    counts = counts_KK + PSEUDO * _mostly_right(len(counts_KK), RIGHT)
    smoothed_KK: F64 = counts / counts.sum(axis=1, keepdims=True)
    return smoothed_KK


DETECTOR = Detector(
    "imprecise",
    "the labels that an expectation maximization settles on",
    ("embeddings",),
    lambda given: detect(given.embeddings(), given.labels_N, given.num_classes),
)

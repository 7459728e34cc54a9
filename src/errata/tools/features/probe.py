"""The probe: out-of-fold class probabilities from embeddings, by logistic regression."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from errata.errors import DataError
from errata.tools.features.embedder import CountProgress
from errata.types import F32, F64, Bool, Int

FOLDS = 5


def out_of_fold_probs(
    embeddings_ND: F32,
    labels_N: Int,
    num_classes: int,
    progress: CountProgress | None = None,
    groups_N: Int | None = None,
) -> F32:
    """f32[N, K], rows sum to 1: for each item the probabilities of a model that was not trained on it.

    Labels are 0..K-1, or -1 for an unlabeled item, which gets the mean over the folds' models. A class without items
    has probability 0; one that only the held-out items have gets its share of all labels. ``progress`` is called with
    the number of folds finished. ``groups_N``: a number for each item, equal for copies (``copies.numbered``): these
    are left out together and weigh as much as one item. Raises DataError if nothing is labeled or a value is not
    finite.
    """
    if not (labels_N >= 0).any():
        raise DataError(
            "No item has a label, so there is nothing to learn from. Name the column of the labels: --label"
        )
    if not np.isfinite(embeddings_ND).all():
        raise DataError("The embeddings hold NaN or infinity.")
    folds_N = stratified_folds(labels_N)
    weights_N = None
    if groups_N is not None:
        _put_together(folds_N, groups_N)
        weights_N = 1 / np.bincount(groups_N)[groups_N]
    trains = [(folds_N >= 0) & (folds_N != fold) for fold in range(FOLDS)]
    predicted = []
    vectors_ND = np.asarray(embeddings_ND, np.float32)
    for fold_NK in _fit_all(vectors_ND, labels_N, num_classes, trains, weights_N):
        predicted.append(fold_NK)
        if progress:
            progress(len(predicted))
    probs_NK: F32 = np.asarray(np.mean(predicted, axis=0), np.float32)
    for fold in range(FOLDS):
        probs_NK[folds_N == fold] = predicted[fold][folds_N == fold]
    return probs_NK


def stratified_folds(labels_N: Int) -> Int:
    """A fold 0..4 for each labeled item, every class spread as evenly as possible; -1 if the label is -1.

    Consecutive items of a class share a fold, as in scikit-learn's default: errors come in runs (a bad hour of one
    annotator), and a run should not train the model that judges it. Small classes start at different folds.
    """
    folds_N = np.full(len(labels_N), -1, np.int64)
    for label in np.unique(labels_N[labels_N >= 0]):
        members = np.flatnonzero(labels_N == label)
        folds_N[members] = (np.arange(len(members)) * FOLDS // len(members) + label) % FOLDS
    return folds_N


def _put_together(folds_N: Int, groups_N: Int) -> None:
    """Give copies the fold of the first of them: none may train the model that judges another."""
    labeled = np.flatnonzero(folds_N >= 0)
    _, first, group = np.unique(groups_N[labeled], return_index=True, return_inverse=True)
    folds_N[labeled] = folds_N[labeled[first]][group]


def _fit_all(
    embeddings_ND: F32, labels_N: Int, num_classes: int, trains: list[Bool], weights_N: F64 | None
) -> Iterator[F32]:
    """Each fold's probabilities for all items. Folds run in parallel, each on one core: BLAS would spend more time
    distributing a fold's small products than computing them."""
    from threadpoolctl import threadpool_limits

    shares_K = np.bincount(labels_N[labels_N >= 0], minlength=num_classes) / max((labels_N >= 0).sum(), 1)
    with threadpool_limits(1), ThreadPoolExecutor(min(FOLDS, os.cpu_count() or 1)) as executor:
        yield from executor.map(lambda train_N: _fit(embeddings_ND, labels_N, shares_K, train_N, weights_N), trains)


def _fit(embeddings_ND: F32, labels_N: Int, shares_K: np.ndarray, train_N: Bool, weights_N: F64 | None) -> F32:
    from sklearn.linear_model import LogisticRegression

    probs_NK = np.zeros((len(labels_N), len(shares_K)), np.float32)
    seen = np.unique(labels_N[train_N])
    if len(seen) > 1:
        weights_n = None if weights_N is None else weights_N[train_N]
        model = LogisticRegression(max_iter=1000)
        model.fit(embeddings_ND[train_N], labels_N[train_N], sample_weight=weights_n)
        probs_NK[:, seen] = model.predict_proba(embeddings_ND)
    else:
        probs_NK[:, seen] = 1
    unseen = np.setdiff1d(np.flatnonzero(shares_K), seen)
    probs_NK *= 1 - shares_K[unseen].sum()
    probs_NK[:, unseen] = shares_K[unseen]
    probs_NK /= probs_NK.sum(axis=1, keepdims=True)
    return probs_NK

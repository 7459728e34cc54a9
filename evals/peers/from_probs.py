"""Peers that only need class probabilities, and the recipe by which cleanlab's users get these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from errata.types import F32, F64, Int
from evals.peers.ranked import Ranked, best_other


def recipe_probs(features_ND: F32, labels_N: Int) -> F32:
    """f32[N, K]: 5-fold cross-validated logistic regression (cross_val_predict's stratified folds, in the rows' order),
    as cleanlab's tutorials have it."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    # One BLAS thread: the same results for a tenth of the CPU time on small products.
    with threadpool_limits(1):
        probs_NK = cross_val_predict(
            LogisticRegression(max_iter=1000), features_ND, labels_N, cv=StratifiedKFold(5), method="predict_proba"
        )
    return np.asarray(probs_NK, np.float32)


def from_probs(labels_N: Int, probs_NK: F32) -> dict[str, Ranked]:
    """The peers that only need probabilities."""
    suggested_N = best_other(probs_NK, labels_N)
    scores = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
    found = {f"cleanlab_{name}": Ranked(cleanlab_scores(labels_N, probs_NK, name), suggested_N) for name in scores}
    return found | {"doubtlab": Ranked(_doubtlab(labels_N, probs_NK), suggested_N)}


def cleanlab_scores(labels_N: Int, probs_NK: F32, method: str) -> F64:
    from cleanlab.rank import get_label_quality_scores

    return np.asarray(get_label_quality_scores(labels_N, probs_NK, method=method), np.float64)


def _doubtlab(labels_N: Int, probs_NK: F32) -> F64:
    """Minus the number of doubtlab's reasons that apply: the more doubts, the worse (its own order)."""
    from doubtlab.ensemble import DoubtEnsemble
    from doubtlab.reason import MarginConfidenceReason, ProbaReason, ShortConfidenceReason, WrongPredictionReason

    model = _Recorded(probs_NK)
    reasons: dict[str, Callable[[Any], Any]] = {
        "proba": ProbaReason, "wrong": WrongPredictionReason, "short": ShortConfidenceReason,
        "margin": MarginConfidenceReason,
    }  # fmt: skip
    ensemble = DoubtEnsemble(**{name: reason(model) for name, reason in reasons.items()})
    rows_N1 = np.arange(len(labels_N))[:, None]
    doubts = ensemble.get_predicates(rows_N1, labels_N)
    return -np.asarray(doubts.sum(axis=1).sort_index(), np.float64)


class _Recorded:
    """A model with known predictions: doubtlab asks a fitted scikit-learn classifier."""

    def __init__(self, probs_NK: F32) -> None:
        self._probs_NK = probs_NK
        self.classes_ = np.arange(probs_NK.shape[1])

    def predict_proba(self, rows_N1: Int) -> F32:
        return self._probs_NK[rows_N1[:, 0]]

    def predict(self, rows_N1: Int) -> Int:
        found: Int = self.predict_proba(rows_N1).argmax(axis=1)
        return found

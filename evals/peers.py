"""What others do with the same features, or the same probabilities: each ranks the given labels and suggests others."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.types import F32, F64, Int

K_NEIGHBORS = 10


class Ranked(NamedTuple):
    """``quality_N`` f32[N], low = bad; ``suggested_N`` int[N], the label that the method would give instead."""

    quality_N: NDArray[np.floating[Any]]
    suggested_N: Int


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


def cleanlab_recipe(features_ND: F32, labels_N: Int) -> F32:
    """f32[N], low = bad: cleanlab's own recipe for features, with self-confidence."""
    return np.asarray(cleanlab_scores(labels_N, recipe_probs(features_ND, labels_N), "self_confidence"), np.float32)


def cleanlab_scores(labels_N: Int, probs_NK: F32, method: str) -> F64:
    from cleanlab.rank import get_label_quality_scores

    return np.asarray(get_label_quality_scores(labels_N, probs_NK, method=method), np.float64)


def from_probs(labels_N: Int, probs_NK: F32) -> dict[str, Ranked]:
    """The peers that need probabilities alone."""
    suggested_N = best_other(probs_NK, labels_N)
    scores = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
    found = {f"cleanlab_{name}": Ranked(cleanlab_scores(labels_N, probs_NK, name), suggested_N) for name in scores}
    return found | {"doubtlab": Ranked(_doubtlab(labels_N, probs_NK), suggested_N)}


def from_features(labels_N: Int, features_ND: F32, probs_NK: F32) -> dict[str, Ranked]:
    """The peers that need features; ``probs_NK`` are the recipe's."""
    votes_NK = _votes(labels_N, features_ND, probs_NK.shape[1])
    voted_N = best_other(votes_NK, labels_N)
    return {
        "datalab_features": _datalab(labels_N, features_ND),
        "neighbor_vote": Ranked(votes_NK[np.arange(len(labels_N)), labels_N], voted_N),
        "selfclean": Ranked(_selfclean(labels_N, features_ND), voted_N),
    }


def best_other(probs_NK: F32, labels_N: Int) -> Int:
    """int[N]: the most probable label that is not the given one."""
    others_NK = probs_NK.copy()
    others_NK[np.arange(len(labels_N)), labels_N] = -1
    best_N: Int = others_NK.argmax(axis=1)
    return best_N


def _doubtlab(labels_N: Int, probs_NK: F32) -> F64:
    """Minus the number of doubtlab's reasons that hold: the more doubts, the worse (its own order)."""
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
    """A model whose predictions are known: doubtlab asks a fitted scikit-learn classifier."""

    def __init__(self, probs_NK: F32) -> None:
        self._probs_NK = probs_NK
        self.classes_ = np.arange(probs_NK.shape[1])

    def predict_proba(self, rows_N1: Int) -> F32:
        return self._probs_NK[rows_N1[:, 0]]

    def predict(self, rows_N1: Int) -> Int:
        found: Int = self.predict_proba(rows_N1).argmax(axis=1)
        return found


def _votes(labels_N: Int, features_ND: F32, classes: int) -> F32:
    """f32[N, K]: a plain vote of the 10 nearest by cosine, each counting one."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=K_NEIGHBORS + 1, metric="cosine").fit(features_ND)
    near_Nk = search.kneighbors(features_ND, return_distance=False)[:, 1:]
    votes_NK = np.zeros((len(labels_N), classes), np.float32)
    for j in range(K_NEIGHBORS):
        votes_NK[np.arange(len(labels_N)), labels_N[near_Nk[:, j]]] += 1 / K_NEIGHBORS
    return votes_NK


def _datalab(labels_N: Int, features_ND: F32) -> Ranked:
    from cleanlab import Datalab

    with contextlib.redirect_stdout(io.StringIO()):
        lab = Datalab({"label": labels_N}, label_name="label", verbosity=0)
        lab.find_issues(features=features_ND, issue_types={"label": {}})
    issues = lab.get_issues("label")
    return Ranked(issues["label_score"].to_numpy(), issues["predicted_label"].to_numpy())


def _selfclean(labels_N: Int, features_ND: F32) -> F64:
    """SelfClean's score of label errors (Groeger et al. 2024, section 3.3): d(nearest of another label)^2 against
    d(nearest of the same)^2, by cosine distance. Its package drags in half a laboratory; this is its formula."""
    units_ND = features_ND / np.maximum(np.linalg.norm(features_ND, axis=1, keepdims=True), 1e-12)
    score_N = np.empty(len(labels_N))
    for start in range(0, len(labels_N), 1024):
        distances_BN = 1 - units_ND[start : start + 1024] @ units_ND.T
        rows_B = np.arange(len(distances_BN))
        distances_BN[rows_B, start + rows_B] = np.inf
        same_BN = labels_N[start : start + 1024, None] == labels_N
        intra_B = np.where(same_BN, distances_BN, np.inf).min(axis=1) ** 2
        extra_B = np.where(same_BN, np.inf, distances_BN).min(axis=1) ** 2
        # a class of one has no nearest of its own: as far away as can be
        share_B = np.where(
            np.isinf(intra_B), 0.0, extra_B / np.maximum(np.where(np.isinf(intra_B), 1, intra_B) + extra_B, 1e-12)
        )
        score_N[start : start + 1024] = share_B
    return score_N

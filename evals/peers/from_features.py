"""Peers that need the features."""

from __future__ import annotations

import contextlib
import io

import numpy as np

from errata.types import F32, F64, Int
from evals.peers.ranked import Ranked, best_other

K_NEIGHBORS = 10


def from_features(labels_N: Int, features_ND: F32, probs_NK: F32) -> dict[str, Ranked]:
    """The peers that need features; ``probs_NK`` are the recipe's."""
    votes_NK = _votes(labels_N, features_ND, probs_NK.shape[1])
    voted_N = best_other(votes_NK, labels_N)
    return {
        "datalab_features": _datalab(labels_N, features_ND),
        "neighbor_vote": Ranked(votes_NK[np.arange(len(labels_N)), labels_N], voted_N),
        "selfclean": Ranked(_selfclean(labels_N, features_ND), voted_N),
    }


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
    d(nearest of the same)^2, by cosine distance. Its package has very many dependencies; this is its formula."""
    units_ND = features_ND / np.maximum(np.linalg.norm(features_ND, axis=1, keepdims=True), 1e-12)
    score_N = np.empty(len(labels_N))
    for start in range(0, len(labels_N), 1024):
        distances_BN = 1 - units_ND[start : start + 1024] @ units_ND.T
        rows_B = np.arange(len(distances_BN))
        distances_BN[rows_B, start + rows_B] = np.inf
        same_BN = labels_N[start : start + 1024, None] == labels_N
        intra_B = np.where(same_BN, distances_BN, np.inf).min(axis=1) ** 2
        extra_B = np.where(same_BN, np.inf, distances_BN).min(axis=1) ** 2
        # a class with one item has no nearest one: as far away as possible
        share_B = np.where(
            np.isinf(intra_B), 0.0, extra_B / np.maximum(np.where(np.isinf(intra_B), 1, intra_B) + extra_B, 1e-12)
        )
        score_N[start : start + 1024] = share_B
    return score_N

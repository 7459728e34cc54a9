"""Where labels form a tree: the narrowest parent that an item almost surely belongs under, other than its own label's.

Which of its labels it is may stay open; that the given one is wrong does not.
"""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.tasks.hierarchy import back_off, tree
from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.posterior import Posteriors
from errata.types import F32, Int


def broader(posteriors: Posteriors, rows: Int) -> dict[int, tuple[str, float]]:
    """idx -> the name of the parent, and the probability in [0, 1] that one of the labels below it holds, if any one
    label does. Of these rows, only those whose given label is not below it, and where no single label is as likely."""
    space, found = posteriors.space, dict[int, tuple[str, float]]()
    if not space.parents or not len(rows):
        return found
    of = tree(space)
    probs_nK = _of_labels(posteriors, rows)
    nodes_n = back_off(probs_nK, of)
    for idx, node, probs_K in zip(rows.tolist(), nodes_n.tolist(), probs_nK, strict=True):
        below_K, given = of.under_VV[node, : of.num_labels], posteriors.given_N[idx]
        if of.depths_V[node] and below_K.sum() > 1 and given != ABSENT and not below_K[given]:
            found[idx] = of.nodes[node], float(probs_K[below_K].sum())
    return found


def _of_labels(posteriors: Posteriors, rows: Int) -> F32:
    """f32[n, K]: of the candidates, given that one of them holds; even where none of them can."""
    cand_nC = posteriors.cand_NC[rows]
    probs_nC = np.where(cand_nC == ABSENT, 0.0, posteriors.probs_NS[rows, :-2])
    dense_nK = np.zeros((len(rows), len(posteriors.space.names)), np.float32)
    np.add.at(dense_nK, (np.arange(len(rows))[:, None], np.maximum(cand_nC, 0)), probs_nC)
    sums_n1 = dense_nK.sum(axis=1, keepdims=True)
    shares_nK: F32 = np.divide(dense_nK, sums_n1, out=np.full_like(dense_nK, 1 / dense_nK.shape[1]), where=sums_n1 > 0)
    return shares_nK

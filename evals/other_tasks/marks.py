"""Wrong marks of many labels at once, on synthetic items: errata, and cleanlab on its usual probabilities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errata.tools.detectors.tasks import multi_label
from errata.tools.features.embedder import unit_rows
from errata.types import F32, F64, Bool
from evals.data.marks import LABELS, MARKED_ITEMS, Marked, Shares, marked
from evals.ranking import figures_of, flag_figures, over_runs

FOLDS = 5


def measure(kind: str, seeds: Iterable[int], shares: Shares) -> dict[str, Any]:
    """Mean and standard deviation over seeds: wrong marks and items with some, errata and cleanlab."""
    from cleanlab.multilabel_classification.filter import find_label_issues
    from cleanlab.multilabel_classification.rank import get_label_quality_scores

    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    wrong_marks = []
    for seed in seeds:
        data = marked(kind, seed, shares)
        wrong_marks.append((data.true_NK != data.marks_NK).sum())
        scores = multi_label.detect(data.vectors_ND, data.marks_NK)
        ours_NK = multi_label.true_probs(data.vectors_ND, data.marks_NK)
        ours.append(mark_figures(data, ours_NK, scores.quality, scores.flag))
        probs_NK = one_against_rest(data)
        labels = [np.flatnonzero(row).tolist() for row in data.marks_NK]
        flag_N = np.asarray(find_label_issues(labels, probs_NK), np.bool_)
        theirs_N = np.asarray(get_label_quality_scores(labels, probs_NK), np.float32)
        theirs.append(mark_figures(data, probs_NK, theirs_N, flag_N))
    counts = {"items": MARKED_ITEMS, "labels": LABELS, "wrong_marks": int(np.mean(wrong_marks))}
    return {**counts, "errata": over_runs(ours), "cleanlab": over_runs(theirs)}


def one_against_rest(data: Marked) -> F64:
    """f64[N, K]: cleanlab's usual input, a cross-validated logistic regression for each label."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    units_ND, model = unit_rows(data.vectors_ND), LogisticRegression(max_iter=1000)
    columns = [
        cross_val_predict(model, units_ND, mark_N, cv=FOLDS, method="predict_proba")[:, 1] for mark_N in data.marks_NK.T
    ]
    return np.stack(columns, axis=1)


def mark_figures(data: Marked, probs_NK: NDArray[Any], quality_N: F32, flag_N: Bool) -> dict[str, float]:
    wrong_NK = data.true_NK != data.marks_NK
    right_NK = np.where(data.marks_NK, probs_NK, 1 - probs_NK).astype(np.float32)
    wrong_N = wrong_NK.any(axis=1)
    return {
        "missing_ap": figures_of(wrong_NK[~data.marks_NK], right_NK[~data.marks_NK])["ap"],
        "superfluous_ap": figures_of(wrong_NK[data.marks_NK], right_NK[data.marks_NK])["ap"],
        "any_mark_ap": figures_of(wrong_NK.ravel(), right_NK.ravel())["ap"],
        "item_ap": figures_of(wrong_N, quality_N)["ap"],
        **{f"item_{name}": value for name, value in flag_figures(flag_N, wrong_N).items() if name != "flagged"},
        "marks_right_before": float((~wrong_NK).mean()),
        "marks_right_if_all_were_followed": float(((probs_NK > 0.5) == data.true_NK).mean()),
    }

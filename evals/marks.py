"""Wrong marks of many labels at once, on synthetic items: errata, and cleanlab on its usual probabilities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.tools.detectors.tasks import multi_label
from errata.tools.features.embedder import unit_rows
from errata.types import F32, F64, Bool
from evals.ranking import figures_of, flag_figures, over_runs

KINDS = ("word_counts", "sums_of_directions")
MARKED_ITEMS = 1500
LABELS = 8
FOLDS = 5


class Shares(NamedTuple):
    """Of a label's marks, how many are missing, and how many of the absent are set: between these, even by label."""

    missing: tuple[float, float] = (0.1, 0.5)
    superfluous: tuple[float, float] = (0.02, 0.02)


class Marked(NamedTuple):
    """Vectors f32[N, D], the labels that truly apply bool[N, K], and the marks with planted errors bool[N, K]."""

    vectors_ND: F32
    true_NK: Bool
    marks_NK: Bool


def measure(kind: str, seeds: Iterable[int], shares: Shares) -> dict[str, Any]:
    """Mean and standard deviation over seeds: wrong marks and items with some, errata beside cleanlab."""
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


def marked(kind: str, seed: int, shares: Shares) -> Marked:
    """Vectors of several labels each, some of their marks missing and some superfluous."""
    from sklearn.datasets import make_multilabel_classification

    rng = np.random.default_rng(seed)
    if kind == "word_counts":
        counts_ND, true_NK = make_multilabel_classification(
            MARKED_ITEMS, n_features=60, n_classes=LABELS, length=60, random_state=seed
        )
        vectors_ND, true_NK = np.sqrt(counts_ND), true_NK.astype(np.bool_)
    else:
        true_NK = rng.random((MARKED_ITEMS, LABELS)) < np.linspace(0.08, 0.4, LABELS)
        sums_ND = true_NK @ rng.normal(size=(LABELS, 32)) / np.sqrt(np.maximum(true_NK.sum(axis=1, keepdims=True), 1))
        vectors_ND = sums_ND + 0.8 * rng.normal(size=sums_ND.shape)
    missing_NK = true_NK & (rng.random(true_NK.shape) < rng.uniform(*shares.missing, LABELS))
    superfluous_NK = ~true_NK & (rng.random(true_NK.shape) < rng.uniform(*shares.superfluous, LABELS))
    return Marked(vectors_ND.astype(np.float32), true_NK, (true_NK & ~missing_NK) | superfluous_NK)


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

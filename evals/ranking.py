"""How well a quality ranks errors and a flag marks them, of one run or as a mean of several, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from errata.types import Bool


def figures_of(error_n: Bool, quality_n: NDArray[np.floating[Any]]) -> dict[str, float]:
    return {
        "auroc": round(float(roc_auc_score(error_n, -quality_n)), 4),
        "ap": round(float(average_precision_score(error_n, -quality_n)), 4),
    }


def flag_figures(flag_N: Bool, wrong_N: Bool) -> dict[str, float]:
    hit = int((flag_N & wrong_N).sum())
    return {
        "flagged": int(flag_N.sum()),
        "precision": round(hit / max(int(flag_N.sum()), 1), 4),
        "recall": round(hit / max(int(wrong_N.sum()), 1), 4),
    }


def over_runs(runs: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    """Mean and standard deviation of each figure."""
    values = {name: np.array([run[name] for run in runs]) for name in runs[0]}
    return {name: [round(float(v.mean()), 4), round(float(v.std()), 4)] for name, v in values.items()}


def show(name: str, figures: dict[str, Any]) -> None:
    print(f"\n{name}")
    for key, value in figures.items():
        print(f"  {key:34}{value}", flush=True)

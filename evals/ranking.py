"""How well a quality ranks errors and a flag marks them, for one run or as a mean of several, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from errata.types import Bool


def ap(wrong_N: Bool, quality_N: NDArray[np.floating[Any]]) -> float:
    """Average precision of finding what is wrong by the lowest quality."""
    return float(average_precision_score(wrong_N, -quality_N))


def aps(wrong_N: Bool, ways: Mapping[str, NDArray[np.floating[Any]]]) -> dict[str, float]:
    return {way: ap(wrong_N, quality_N) for way, quality_N in ways.items()}


def figures_of(error_n: Bool, quality_n: NDArray[np.floating[Any]]) -> dict[str, float]:
    return {
        "auroc": round(float(roc_auc_score(error_n, -quality_n)), 4),
        "ap": round(ap(error_n, quality_n), 4),
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


def span(values: Iterable[float], sign: str = "") -> str:
    """From the minimum to the maximum."""
    said = [three(value, sign) for value in sorted(values)]
    return said[0] if said[0] == said[-1] else f"{said[0]} to {said[-1]}"


def three(value: float, sign: str = "") -> str:
    """To three digits; zero has no sign."""
    return f"{round(value, 3) + 0.0:{sign}.3f}"

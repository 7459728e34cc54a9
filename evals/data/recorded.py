"""Recorded answers of judges to data whose labels are known: the Parquet files of a folder that the caller names."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from errata.tools.judging.calibration.rows import to_rows
from errata.types import F64, Bool, Int

DERIVED_STYLE, DERIVED_JUDGE = "VOTE", "ENSEMBLE"


class Recorded(NamedTuple):
    """One judge's answers to one dataset: ``rows_NM`` where it stated all probabilities, else None; its confidence in
    its choice, whether that was right, and each item's origin."""

    rows_NM: F64 | None
    truth_N: Int | None
    labels: tuple[str, ...]
    confidence_N: F64
    right_N: Bool
    origin_N: NDArray[np.str_]


def read(path: Path) -> Iterator[tuple[dict[str, str], Recorded]]:
    """Dataset, judge and prompt style of each recorded judge that states probabilities, and its answers."""
    found = defaultdict(list)
    for row in pq.read_table(path).to_pylist():
        derived = row["prompt_style"].startswith(DERIVED_STYLE) or row["judge"].startswith(DERIVED_JUDGE)
        stated = all(row[key] is not None for key in ("gold_label", "judge_label", "judge_confidence"))
        if stated and not derived:
            found[row["dataset"], row["judge"], row["prompt_style"]].append(row)
    for (dataset, judge, style), rows in sorted(found.items()):
        yield {"dataset": dataset, "judge": judge, "prompt_style": style}, recorded_of(rows)


def recorded_of(rows: list[dict[str, Any]]) -> Recorded:
    labels = tuple(rows[0]["labels"])
    right_N = np.array([row["judge_label"] == row["gold_label"] for row in rows])
    confidence_N = np.array([row["judge_confidence"] for row in rows], dtype=float)
    origin_N = np.array([origin(row) for row in rows])
    if any(row["judge_probs"] is None for row in rows):
        return Recorded(None, None, labels, confidence_N, right_N, origin_N)
    rows_NM = to_rows([log_probs(row["judge_probs"], labels) for row in rows], labels)
    truth_N = np.array([labels.index(row["gold_label"]) for row in rows], dtype=np.int64)
    return Recorded(rows_NM, truth_N, labels, *first_choice(rows_NM, truth_N), origin_N)


def log_probs(found: str, labels: tuple[str, ...]) -> dict[str, float]:
    probs = json.loads(found)
    named: Mapping[str, float] = probs if isinstance(probs, dict) else dict(zip(labels, probs, strict=True))
    with np.errstate(divide="ignore"):
        return {label: float(np.log(named.get(label, 0.0))) for label in labels}


def origin(row: Mapping[str, Any]) -> str:
    """What items of one origin share: their group, the picture that gives a cue-conflict image its shape, their text,
    or else only their id."""
    if row["dataset"].startswith("cue_conflict"):
        return str(row["id"]).split("-")[0]
    return str(row["group"] or re.sub(r"\W+", " ", row["input"] or "").casefold().strip() or row["id"])


def first_choice(rows_NM: F64, truth_N: Int) -> tuple[F64, Bool]:
    return np.exp(rows_NM.max(axis=1)), rows_NM.argmax(axis=1) == truth_N

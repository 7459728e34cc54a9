"""How far the confidence of recorded judges is from their accuracy, before and after calibration.

    python -m evals calibration REPLAY_FOLDER [--out evals/results/calibration.json]

Every recorded judge that states a probability, in full or of the label it chose. The calibration is fitted on one half
of the items and measured on the other, in ten random splits; items of one origin stay on one side. Votes over recorded
answers are left out, since nobody stated them, and so are items without a known label. The domain-context prior is not
measured here: nobody recorded answers to content-free inputs. The CLIP judges all looked at the same 1,200 pictures,
which were made to mislead: they are one stress test, not many.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from errata.tools.judging.calibration.fitted import fit_rows
from errata.tools.judging.calibration.isotonic import fit_isotonic
from errata.types import F64, Bool, Int
from evals.data.recorded import Recorded, first_choice, read
from evals.expected_error import debiased_ece, debiased_squared_error
from evals.result import write_result

SEEDS = range(10)
SMALL_ENOUGH = 0.02
DECIDED = (50, 100, 200)
"""Numbers of decisions that people are willing to make, in addition to half of all items."""


class Measured(NamedTuple):
    """Of the held-out items: the estimates of calibration error and squared error, mean (confidence - right)^2 and
    accuracy."""

    ece: float
    squared: float
    brier: float
    accuracy: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("replay", type=Path, help="folder with recorded judgments (*.parquet)")
    parser.add_argument("--out", type=Path, default=Path("evals/results/calibration.json"))
    options = parser.parse_args()
    files = sorted(options.replay.glob("*.parquet"))
    if not files:
        parser.exit(2, f"{options.replay} has no recorded judgments (*.parquet): they are not part of errata\n")
    print(HEADER)
    table = []
    for path in files:
        for name, recorded in read(path):
            table.append({**name, **figures_of(recorded)})
            print_line(table[-1])
    failed = [line for line in table if not line["passed"]]
    print(f"\n{len(table) - len(failed)} of {len(table)} pass: error after at most the larger of half of that before")
    print(f"and {SMALL_ENOUGH}, and no accuracy lost (medians of {len(SEEDS)} splits)")
    write_result(options.out, {"passed": len(table) - len(failed), "of": len(table), "judges": table}, seed=SEEDS[0])
    print(f"written to {options.out}")


def figures_of(recorded: Recorded) -> dict[str, Any]:
    """Medians over the splits, what the calibrations were, and whether they are good enough."""
    splits = [halves(recorded, seed) for seed in SEEDS]
    before = [measure(recorded.confidence_N[test], recorded.right_N[test]) for _, test in splits]
    fitted = [calibrated(recorded, *split, seed) for seed, split in zip(SEEDS, splits, strict=True)]
    after = [measured for _, measured in fitted]
    ece_before, ece_after = median(m.ece for m in before), median(m.ece for m in after)
    gained = median(b.accuracy - a.accuracy for a, b in zip(before, after, strict=True))
    few = {
        str(n): median(few_decided(recorded, split, seed, n) for seed, split in zip(SEEDS, splits, strict=True))
        for n in DECIDED
    }
    return {
        "items": len(recorded.right_N),
        "origins": len(set(recorded.origin_N.tolist())),
        "stated": "confidence" if recorded.rows_NM is None else "all probabilities",
        "before": {key: median(getattr(m, key) for m in before) for key in Measured._fields},
        "after": {key: median(getattr(m, key) for m in after) for key in Measured._fields},
        "ece_after_each": [m.ece for m in after],
        "ece_after_few_decided": few,
        "accuracy_gained": gained,
        "how": sorted({how for how, _ in fitted}),
        "passed": ece_after <= max(ece_before / 2, SMALL_ENOUGH) and gained >= 0,
    }


def halves(recorded: Recorded, seed: int) -> tuple[Int, Int]:
    """Rows to fit on and rows to measure on: about half of the origins each."""
    origins = np.unique(recorded.origin_N)
    chosen = np.random.default_rng(seed).permutation(len(origins))[: len(origins) // 2]
    fit_N = np.isin(recorded.origin_N, origins[chosen])
    return np.flatnonzero(fit_N), np.flatnonzero(~fit_N)


def calibrated(recorded: Recorded, fit: Int, test: Int, seed: int) -> tuple[str, Measured]:
    if recorded.rows_NM is None or recorded.truth_N is None:
        found = fit_isotonic(recorded.confidence_N[fit], recorded.right_N[fit])
        return "isotonic", measure(found.probability(recorded.confidence_N[test]), recorded.right_N[test])
    groups = recorded.origin_N[fit].tolist()
    chosen = fit_rows(recorded.rows_NM[fit], recorded.truth_N[fit], recorded.labels, groups, seed)
    rows_NM = chosen.map.apply(recorded.rows_NM[test])
    return chosen.how, measure(*first_choice(rows_NM, recorded.truth_N[test]))


def few_decided(recorded: Recorded, split: tuple[Int, Int], seed: int, decided: int) -> float:
    """The error after a calibration on only this many items, measured on the same half."""
    fit, test = split
    some = np.random.default_rng(seed).permutation(fit)[:decided]
    return calibrated(recorded, some, test, seed)[1].ece


def measure(confidence_N: F64, right_N: Bool) -> Measured:
    return Measured(
        debiased_ece(confidence_N, right_N),
        debiased_squared_error(confidence_N, right_N),
        float(np.mean((confidence_N - right_N) ** 2)),
        float(right_N.mean()),
    )


HEADER = (
    f"{'dataset, judge, prompt style':74} {'items':>6} {'before':>7} {'after':>7} {'accuracy':>9} {'gained':>7} "
    "how, and the error after on so many decided items"
)


def print_line(line: Mapping[str, Any]) -> None:
    name = f"{line['dataset']}, {line['judge']}, {line['prompt_style']}"
    print(
        f"{name[:74]:74} {line['items']:6} {line['before']['ece']:7.3f} {line['after']['ece']:7.3f} "
        f"{line['before']['accuracy']:9.3f} {line['accuracy_gained']:+7.3f} "
        f"{'ok  ' if line['passed'] else 'FAIL'} {'/'.join(line['how'])} "
        + " ".join(f"{n}: {error:.3f}" for n, error in line["ece_after_few_decided"].items())
    )

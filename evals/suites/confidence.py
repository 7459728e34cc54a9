"""What a scan proposes, how far its confidence can be taken at its word, and its count, before and after calibration.

    python -m evals confidence DATA_FOLDER [--sets NAME,...] [--items N] [--seeds N] [--out FILE]

The sets of ``evals detection``, IMDb reviews (scored on those that people reviewed, which were no random ones, so that
they have no count), and made embeddings of 10, 100 and 1,000 classes of which a twentieth is wrong. "Before" is the
scan at its own word with the outcome that costs least; "after" plants errors, calibrates, and proposes what is clearly
the likeliest; "decided" is the rest after 200 suspects, drawn at random, were decided blind, in 20 draws (one for the
made sets). Per set, summed over its seeds and draws: of the proposals with a confidence of .9 or more how many there
are, how many are right, and mean confidence less share right; the debiased expected calibration error of all
proposals; what must be added to their log-odds for their mean to be the share right, and half of its interval; a
reliability diagram (for each band of confidence how many proposals, their mean confidence, and the share that is
right); right proposals among the first 300 suspects, beside those whose best other label is right; right labels that a
rule at .9 would break; the count of wrong labels with its interval, by the first draw; and CPU seconds. At the end,
whether people's errors call for a discount that planted ones do not: see ``evals/people_gap.py``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from errata.settings import Costs, Settings
from errata.tools.detectors import DetectorInput
from errata.tools.detectors.arrays.top_classes import top_classes
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.probs import ensemble
from errata.tools.inference.calibration import Calibration, split
from errata.tools.inference.correction import Correction, correct
from errata.tools.inference.label_noise import label_noise
from errata.tools.inference.outcome import cheapest, proposed_outcomes
from errata.tools.inference.planted_scan import PlantedScan, learned
from errata.tools.inference.posterior import UNCALIBRATED, Posteriors, weigh
from errata.tools.inference.suspects import CLEARLY_RIGHT
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.tools.report.count import count_wrong
from errata.types import F64, Bool, Int, LabelSpace, Outcome
from evals.data.label_tasks import REAL, SEEDS, Task, real_errors, sets
from evals.data.made_embeddings import made_task
from evals.data.real_files import real_files
from evals.expected_error import debiased_ece
from evals.people_gap import SETS, discounts, shift
from evals.result import write_result

SEED, RULE, FIRST = 0, 0.9, 300
CLASSES = (10, 100, 1000)
WITNESSES = ("confident_learning",)
DECIDED, DRAWS = 200, 20
IMDB = "text_imdb_reviewed"
BANDS = np.array([0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
"""Between these lie the bands of confidence of the reliability diagram."""


class Found(NamedTuple):
    """Per item: whether it is proposed as a relabel, with what confidence, whether that is right, whether the best
    other label is, p(the given label holds), and whether the scan's probabilities favor it."""

    relabel_N: Bool
    confidence_N: F64
    right_N: Bool
    best_right_N: Bool
    holds_N: F64
    favorite_N: Bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the real errors, as for detection")
    parser.add_argument("--sets", default="")
    parser.add_argument("--items", type=int, default=100_000, help="of the made sets")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="of the made sets")
    parser.add_argument("--out", type=Path, default=Path("evals/results/confidence.json"))
    options = parser.parse_args()
    real_files(parser, options.data, (*REAL, IMDB))
    figures: dict[str, Any] = {}
    for name, tasks in all_sets(options.data, options.items, options.seeds).items():
        if not options.sets or name in options.sets.split(","):
            figures[name] = figures_of(tasks, 1 if name.startswith("made") else DRAWS)
            print_set(name, figures[name])
    result: dict[str, Any] = {"sets": figures}
    shifts = {name: found["after"]["shift"][0] for name, found in figures.items() if found["after"]["shift"]}
    if all(task in shifts for tasks in SETS.values() for task in tasks):
        result["discount"] = discounts(shifts)
        print(result["discount"])
    write_result(options.out, result, seed=SEED)


def all_sets(data: Path, items: int, seeds: int) -> dict[str, Iterator[Task]]:
    made = {f"made_{classes}": _made(items, classes, seeds) for classes in CLASSES}
    reviews = real_errors(data / f"{IMDB}.parquet", "text")
    return {name: make() for name, make in sets(data).items()} | {"imdb": reviews} | made


def _made(items: int, classes: int, seeds: int) -> Iterator[Task]:
    return (made_task(items, classes, seed) for seed in range(seeds))


def figures_of(tasks: Iterator[Task], draws: int) -> dict[str, Any]:
    found: dict[str, list[dict[str, Any]]] = {}
    for task in tasks:
        for name, figures in one_seed(task, draws).items():
            found.setdefault(name, []).extend(figures)
    return {name: _summed(each) for name, each in found.items()}


def one_seed(task: Task, draws: int) -> dict[str, list[dict[str, Any]]]:
    space = LabelSpace(tuple(map(str, range(task.classes))))
    start = time.process_time()
    scan = scanned(task)
    scan_s, start = time.process_time() - start, time.process_time()
    calibration = learned(scan, lambda done, total: None)
    plant_s = time.process_time() - start

    def weighed(by: Calibration) -> Posteriors:
        return weigh(task.labels_N, [scan.probs_NK], scan.noise, VerdictColumns.of([], space), "mean", by)

    def proposed(table: Posteriors) -> Found:
        return proposals(task, favorite_N, table, proposed_outcomes(table, Settings().clear_ratio, Costs()))

    favorite_N = top_classes(task.labels_N, scan.probs_NK).top_N == task.labels_N
    plain, fitted = weighed(UNCALIBRATED), weighed(calibration)

    def decided(seed: int) -> dict[str, Any]:
        drawn = drawn_suspects(task, fitted, seed)
        corrected = weighed(replace(calibration, correction=from_decisions(task, scan, calibration, drawn)))
        found = figures_at(task, proposed(corrected), drawn) | {"cpu_s": 0.0}
        return found if seed == SEED else found | {"count": None}

    return {
        "before": [figures_at(task, proposals(task, favorite_N, plain, cheapest(plain, Costs()))) | {"cpu_s": scan_s}],
        "after": [figures_at(task, proposed(fitted)) | {"cpu_s": plant_s}],
        "decided": [decided(SEED + draw) for draw in range(draws)],
    }


def scored(task: Task) -> Bool:
    return np.ones(len(task.labels_N), bool) if task.checked_N is None else task.checked_N


def drawn_suspects(task: Task, table: Posteriors, seed: int) -> Int:
    """The items that a person decides."""
    suspects = np.flatnonzero((table.given_holds_N < CLEARLY_RIGHT) & scored(task))
    return np.random.default_rng(seed).permutation(suspects)[:DECIDED]


def from_decisions(task: Task, scan: PlantedScan, calibration: Calibration, drawn: Int) -> Correction | None:
    odds_N = split(scan.logs_of(task.labels_N)[1])[1]
    return correct(calibration.odds(odds_N[drawn], task.labels_N[drawn]), task.wrong_N[drawn], np.ones(len(drawn)))


def scanned(task: Task) -> PlantedScan:
    if task.probs_NK is not None:
        given, probs_NK = DetectorInput(task.labels_N, task.classes, None, task.probs_NK), task.probs_NK
    else:
        assert task.features_ND is not None
        near, shas = neighbors(task.features_ND), [str(n) for n in range(len(task.labels_N))]
        probs_NK = ensemble.leave_one_out(task.features_ND, task.labels_N, task.classes, near)
        alone_N = np.full(len(task.labels_N), -1)
        given = DetectorInput(task.labels_N, task.classes, task.features_ND, probs_NK, shas, near, alone_N)
    noise = label_noise(task.labels_N, [probs_NK], confident_joint(task.labels_N, probs_NK).calibrated(task.labels_N))
    return PlantedScan(given, probs_NK, task.features_ND is None, WITNESSES, [probs_NK], noise)


def proposals(task: Task, favorite_N: Bool, table: Posteriors, outcomes: Sequence[Outcome | None]) -> Found:
    rows = np.arange(len(task.labels_N))
    best_right_N = (table.cand_NC[rows, table.best_other_N] == task.truth_N) & task.wrong_N
    relabel_N = np.array([outcome == "relabel" for outcome in outcomes]) & scored(task)
    confidence_N = table.probs_NS[rows, table.best_other_N]
    right_N = best_right_N & relabel_N
    return Found(relabel_N, confidence_N, right_N, best_right_N, table.given_holds_N, favorite_N)


def figures_at(task: Task, found: Found, decided: Int | None = None) -> dict[str, Any]:
    """``decided``: items that are no proposals any more, and whose labels are known to be right or wrong."""
    holds_N, relabel_N, favorite_N = found.holds_N.copy(), found.relabel_N.copy(), found.favorite_N.copy()
    if decided is not None:
        holds_N[decided], favorite_N[decided], relabel_N[decided] = *[~task.wrong_N[decided]] * 2, False
    found = found._replace(relabel_N=relabel_N, right_N=found.right_N & relabel_N)
    sure_N = found.relabel_N & (found.confidence_N >= RULE)
    settled_N = np.isin(np.arange(len(holds_N)), [] if decided is None else decided)
    open_N = np.where(settled_N | ~scored(task), np.inf, holds_N)
    first = np.argsort(open_N, kind="stable")[:FIRST]
    count = count_wrong(holds_N.tolist(), favorite_N.tolist())
    confidence, right = found.confidence_N[found.relabel_N], found.right_N[found.relabel_N]
    band = np.searchsorted(BANDS, confidence, side="right")
    of_band = [np.bincount(band, weight, len(BANDS) + 1) for weight in (np.ones(len(band)), confidence, right)]
    return {
        "wrong": int(task.wrong_N[scored(task)].sum()),
        "relabels": int(found.relabel_N.sum()),
        "right": int(found.right_N.sum()),
        "sure": int(sure_N.sum()),
        "sure_right": int((sure_N & found.right_N).sum()),
        "sure_confidence": float(found.confidence_N[sure_N].sum()),
        "broken": int((sure_N & ~task.wrong_N).sum()),
        "error": debiased_ece(confidence, right),
        "bands": np.array(of_band),
        "proposals": np.array([confidence, right]),
        "first": int(found.right_N[first].sum()),
        "first_possible": int(found.best_right_N[first].sum()),
        "count": [count.estimate, count.low, count.high] if task.checked_N is None else None,
    }


def _summed(seeds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = ("wrong", "relabels", "right", "sure", "sure_right", "broken", "first", "first_possible")
    total: dict[str, Any] = {name: sum(one[name] for one in seeds) for name in names}
    sure = max(total["sure"], 1)
    total["gap"] = round((sum(one["sure_confidence"] for one in seeds) - total["sure_right"]) / sure, 3)
    errors = [one["error"] for one in seeds if one["relabels"]]
    total["error"] = round(float(np.mean(errors)), 3) if errors else None
    size_B, confidence_B, right_B = np.sum([one["bands"] for one in seeds], axis=0)
    total["reliability"] = [
        [int(size), round(confidence / size, 3), round(right / size, 3)] if size else [0, None, None]
        for size, confidence, right in zip(size_B, confidence_B, right_B, strict=True)
    ]
    confidence_M, right_M = np.concatenate([one["proposals"] for one in seeds], axis=1)
    total["shift"] = [round(by, 3) for by in shift(confidence_M, right_M > 0)] if len(right_M) else None
    total["counts"] = [[one["wrong"], *map(round, one["count"])] for one in seeds if one["count"] is not None]
    return total | {"cpu_s": round(sum(one["cpu_s"] for one in seeds), 2), "seeds": len(seeds)}


def print_set(name: str, figures: Mapping[str, Mapping[str, Any]]) -> None:
    for which, found in figures.items():
        head = f"{name if which == 'before' else '':24}{which:8}wrong {found['wrong']:6}"
        sure = f"at .9 {found['sure']:6} right {found['sure_right']:6} gap {found['gap']:+.3f}"
        rest = f"relabel {found['relabels']:6} right {found['right']:6} error {found['error']} shift {found['shift']}"
        first = f"first {found['first']:5} of {found['first_possible']:5}"
        print(f"{head}  {sure} broken {found['broken']:4}  {rest}  {first}", end="")
        print(f"  counts {found['counts'][:2]}  {found['cpu_s']} s", flush=True)
        print(" " * 32 + "  ".join(f"{n}: {conf} {right}" for n, conf, right in found["reliability"] if n))


if __name__ == "__main__":
    main()

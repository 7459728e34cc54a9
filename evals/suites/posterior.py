"""How far the confidence of a scan without a judge can be taken at its word, and what its relabels are worth.

    python -m evals posterior DATA_FOLDER [--out evals/results/posterior.json]

Planted noise on scikit-learn's digits, as they are and blurred (weak features), and on AG news by their source's
labels: none, even, flips to the class most alike, out-of-class items, and noise as a crowd makes it, where an item's
labels are drawn from a model of the true ones, flattened: the harder the item, the more. Then real errors. Per set: the
expected calibration error of "the given label is right", the log loss of the true label, how many labels a scan would
change, how many of those changes are right, and how many right labels they break. "As it came" is what the same
probabilities say without any power, under the same channel.

A source's labels are no truth: the clean news that a scan would change are mostly sports filed under World.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from errata.settings import Costs
from errata.tools.detectors.arrays.softmax import softmax
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.probs import ensemble
from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.label_noise import LabelNoise, label_noise
from errata.tools.inference.outcome import cheapest
from errata.tools.inference.posterior import Posteriors, weigh
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import F32, Int, LabelSpace
from evals.data.label_tasks import CIFAR_COLUMNS, FILES, REAL, Task, sets
from evals.data.planted_noise import UNKNOWN, Kind, digits, plant
from evals.data.real_files import real_files
from evals.expected_error import debiased_ece
from evals.result import write_result

SEED, BLURRED, SMALLEST = 0, 0.5, 1e-6
NOISE: dict[Kind | Literal["crowd"], tuple[float, ...]] = {
    "even": (0.0, 0.1, 0.2, 0.4),
    "look_alike": (0.1, 0.2, 0.4),
    "fits_nothing": (0.1, 0.2),
    "crowd": (0.1, 0.2, 0.4),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the real errors, as for detection")
    parser.add_argument("--out", type=Path, default=Path("evals/results/posterior.json"))
    options = parser.parse_args()
    real_files(parser, options.data, REAL)
    figures = {}
    for name, task in tasks(options.data):
        figures[name] = figures_of(task)
        print(f"{name:28}{figures[name]}", flush=True)
    write_result(options.out, {"sets": figures}, seed=SEED)


def tasks(data: Path) -> Iterator[tuple[str, Task]]:
    real = {name: next(make()) for name, make in sets(data).items() if name in (*FILES, *CIFAR_COLUMNS)}
    news = real["noisyag"]
    assert news.features_ND is not None
    known = news.truth_N != UNKNOWN
    sources = {
        "digits": digits(),
        "blurred": digits(BLURRED),
        "news": (news.features_ND[known], news.truth_N[known]),
    }
    for name, (features_ND, truth_N) in sources.items():
        for kind, shares in NOISE.items():
            for share in shares:
                yield f"{name}_{kind}_{share:.0%}", planted(features_ND, truth_N, kind, share)
    yield from real.items()


def planted(features_ND: F32, truth_N: Int, kind: Kind | Literal["crowd"], share: float) -> Task:
    classes = int(truth_N.max()) + 1
    if kind == "crowd":
        labels_N = crowd_labels(features_ND, truth_N, share)
        return Task(labels_N, truth_N, labels_N != truth_N, classes, features_ND)
    found = plant(features_ND, truth_N, kind, share, SEED)
    return Task(found.labels_N, found.truth_N, found.wrong_N, classes, found.features_ND)


def crowd_labels(features_ND: F32, truth_N: Int, share: float) -> Int:
    """Labels drawn from what a model of the true ones says, flattened until about the share is wrong; more are where
    the model itself errs more."""
    classes = int(truth_N.max()) + 1
    logs_NK = np.log(ensemble.leave_one_out(features_ND, truth_N, classes, neighbors(features_ND)) + 1e-4)
    by_power = [softmax(power * logs_NK) for power in np.geomspace(0.01, 2, 200, dtype=np.float32)]
    wrong = [1 - float(probs_NK[np.arange(len(truth_N)), truth_N].mean()) for probs_NK in by_power]
    below_NK = by_power[int(np.abs(np.array(wrong) - share).argmin())].cumsum(axis=1)[:, :-1]
    drawn_N: Int = (np.random.default_rng(SEED).random(len(truth_N))[:, None] > below_NK).sum(axis=1)
    return drawn_N


def figures_of(task: Task) -> dict[str, Any]:
    probs_NK = task.probs_NK
    if probs_NK is None:
        assert task.features_ND is not None
        near = neighbors(task.features_ND)
        probs_NK = ensemble.leave_one_out(task.features_ND, task.labels_N, task.classes, near)
    joint_KK = confident_joint(task.labels_N, probs_NK).calibrated(task.labels_N)
    noise = label_noise(task.labels_N, [probs_NK], joint_KK)
    believed = float(1 - noise.transition_KK.diagonal().mean())
    head: dict[str, Any] = {"items": len(task.labels_N), "wrong": int(task.wrong_N.sum())}
    learned: dict[str, Any] = {"power": round(noise.power, 2), "noise": round(believed, 3)}
    return head | learned | measured(task, probs_NK, noise) | as_it_came(task, probs_NK, noise)


def measured(task: Task, probs_NK: F32, noise: LabelNoise) -> dict[str, float]:
    space = LabelSpace(tuple(map(str, range(task.classes))))
    table = weigh(task.labels_N, [probs_NK], noise, VerdictColumns.of([], space))
    rows = np.arange(len(task.labels_N))
    change_N = np.array(cheapest(table, Costs())) == "relabel"
    right_N = task.labels_N == task.truth_N
    return {
        "calibration_error": round(debiased_ece(table.given_holds_N, right_N), 4),
        "log_loss": round(_log_loss(table, task.truth_N), 4),
        "relabels": int(change_N.sum()),
        "relabels_right": int((change_N & (table.cand_NC[rows, table.best_other_N] == task.truth_N)).sum()),
        "broken": int((change_N & right_N).sum()),
    }


def as_it_came(task: Task, probs_NK: F32, noise: LabelNoise) -> dict[str, float]:
    return {f"{key}_as_it_came": value for key, value in measured(task, probs_NK, noise._replace(power=1.0)).items()}


def _log_loss(table: Posteriors, truth_N: Int) -> float:
    """Of the items whose true label is known; what is no candidate has a probability of SMALLEST."""
    named_NC = (table.cand_NC == truth_N[:, None]) & (table.cand_NC != ABSENT)
    true_N = np.where(named_NC, table.probs_NS[:, :-2], 0.0).sum(axis=1)
    return float(-np.log(np.maximum(true_N, SMALLEST))[truth_N != UNKNOWN].mean())

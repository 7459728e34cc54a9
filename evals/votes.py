"""Consensus of several annotators: errata beside crowd-kit and cleanlab on the same votes.

    python -m evals.votes DATA_FOLDER [--out evals/results/votes.json]

Real votes: 800 pairs of sentences with 10 votes each (Snow and others 2008, textual entailment). Like for like: each of
errata's ways beside the same way elsewhere, and beside all others. CROWDLAB also takes class probabilities: both sides
get the same, out of fold from plain text features and the majority vote. Planted votes: what 100,000 items cost.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import crowdkit.aggregation as crowdkit
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from errata.tools.detectors.annotators import Votes
from errata.tools.detectors.annotators.crowdlab import crowdlab
from errata.tools.detectors.annotators.dawid_skene import FEW, dawid_skene
from errata.tools.detectors.annotators.majority import majority_vote, vote_shares
from errata.tools.features.plain import PlainText
from errata.tools.features.probe import out_of_fold_probs
from errata.types import F32, Bool, Int, Item, Probs
from evals.ranking import ap
from evals.real_data import real_files
from evals.result import write_result

SEED = 0
DRAWS = 1000
REPEATS = 3
CLASSES = ("not_entailed", "entailed")
PLANTED = {"num_items": 100_000, "num_annotators": 1000, "num_classes": 5}
VOTES_PER_ITEM = 5
ALL_COIN = float("inf")


class Consensus(NamedTuple):
    """The label of each item, and the probabilities by which a given label is judged."""

    label_N: Int
    probs_NK: Probs


class Task(NamedTuple):
    """What the methods see: the votes, and class probabilities of the texts."""

    votes: Votes
    frame: pd.DataFrame
    probs_NK: F32


Method = Callable[[Task], Consensus]

LIKE_FOR_LIKE = {
    "errata majority": "crowd-kit MajorityVote",
    "errata one coin": "crowd-kit OneCoinDawidSkene",
    "errata Dawid-Skene": "crowd-kit DawidSkene",
    "errata CROWDLAB": "cleanlab CROWDLAB",
}
DEFAULT = "errata default"
"""errata.tools.detectors.annotators.detect: confusion matrices, and one coin for annotators with few votes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with multiannot_snow_rte.parquet")
    parser.add_argument("--out", type=Path, default=Path("evals/results/votes.json"))
    options = parser.parse_args()
    (path,) = real_files(parser, options.data, ["multiannot_snow_rte"])
    figures = {"crowd-kit": version("crowd-kit"), "real": measure(path), "planted": scale()}
    write_result(options.out, figures, seed=SEED)
    print(f"written to {options.out}")


def measure(path: Path) -> dict[str, Any]:
    """Each method's accuracy, average precision of finding wrong given labels, and CPU time; and the differences."""
    rows = pq.read_table(path).to_pylist()
    true_N = np.array([CLASSES.index(row["true_label"]) for row in rows])
    given_N = np.array([CLASSES.index(row["given_label"]) for row in rows])
    task = task_of(rows)
    found, methods = {}, {}
    for name, method in METHODS.items():
        found[name], cpu_s = timed(method, task, REPEATS)
        methods[name] = {**figures_of(found[name], true_N, given_N), "cpu_s": cpu_s}
    peers = [name for name in METHODS if not name.startswith("errata")]
    pairs = [*LIKE_FOR_LIKE.items(), *((DEFAULT, peer) for peer in peers)]
    figures = {
        "items": len(rows),
        "votes": len(task.votes.item_V),
        "annotators": task.votes.num_annotators,
        "wrong_given_labels": int((given_N != true_N).sum()),
        "methods": methods,
        "differences_95": {
            f"{ours} minus {theirs}": interval(found[ours], found[theirs], true_N, given_N) for ours, theirs in pairs
        },
    }
    print_real(figures)
    return figures


def task_of(rows: list[dict[str, Any]]) -> Task:
    names = sorted({name for row in rows for name in row["workers"]})
    number = {name: m for m, name in enumerate(names)}
    votes = Votes.from_triples(
        np.repeat(np.arange(len(rows)), [len(row["votes"]) for row in rows]),
        np.array([number[name] for row in rows for name in row["workers"]]),
        np.array([vote for row in rows for vote in row["votes"]]),
        num_items=len(rows),
        num_annotators=len(names),
        num_classes=len(CLASSES),
    )
    items = [
        Item(idx, row["id"], row["id"], None, text=f"{row['text']} {row['text_b']}") for idx, row in enumerate(rows)
    ]
    probs_NK = out_of_fold_probs(PlainText().embed(items), majority_vote(votes), len(CLASSES))
    return Task(votes, frame_of(votes), probs_NK)


def frame_of(votes: Votes) -> pd.DataFrame:
    return pd.DataFrame({"task": votes.item_V, "worker": votes.annotator_V, "label": votes.label_V})


def _majority(task: Task) -> Consensus:
    return Consensus(majority_vote(task.votes), vote_shares(task.votes))


def _dawid_skene(few: float) -> Method:
    def method(task: Task) -> Consensus:
        probs_NK = dawid_skene(task.votes, few=few).label_probs_NK
        return Consensus(probs_NK.argmax(axis=1), probs_NK)

    return method


def _crowdlab(task: Task) -> Consensus:
    found = crowdlab(task.votes, task.probs_NK)
    return Consensus(found.consensus_N, found.label_probs_NK)


def _cleanlab(task: Task) -> Consensus:
    """Its quality of each annotator's label is its probability of that label: read off for both classes in turn."""
    from cleanlab.multiannotator import get_label_quality_multiannotator

    votes = task.votes
    table_NM = np.full((votes.num_items, votes.num_annotators), np.nan)
    table_NM[votes.item_V, votes.annotator_V] = votes.label_V
    result = get_label_quality_multiannotator(table_NM, task.probs_NK, verbose=False, return_annotator_stats=False)
    label_N = result["label_quality"]["consensus_label"].to_numpy()
    quality_V = result["detailed_label_quality"].to_numpy()[votes.item_V, votes.annotator_V]
    consensus_N = result["label_quality"]["consensus_quality_score"].to_numpy()
    probs_NK = np.zeros((votes.num_items, votes.num_classes))
    probs_NK[np.arange(votes.num_items), label_N] = consensus_N
    probs_NK[votes.item_V, votes.label_V] = quality_V
    return Consensus(label_N, probs_NK)


def _crowdkit(make: Callable[[], Any]) -> Method:
    def method(task: Task) -> Consensus:
        model = make()
        return _read(model.fit_predict_proba(task.frame), model.labels_, task.votes)

    return method


def _crowdkit_skills(make: Callable[[], Any]) -> Method:
    """These two fail in their last step with scikit-learn 1.9 (crowd-kit 1.4.2); that step is a weighted majority."""

    def method(task: Task) -> Consensus:
        model = crowdkit.MajorityVote().fit(task.frame, make().fit(task.frame).skills_)
        return _read(model.probas_, model.labels_, task.votes)

    return method


def _read(probs: pd.DataFrame, labels: pd.Series, votes: Votes) -> Consensus:
    items, classes = range(votes.num_items), range(votes.num_classes)
    probs_NK = probs.reindex(index=items, columns=classes, fill_value=0).to_numpy(np.float64)
    return Consensus(labels.reindex(items).to_numpy(), probs_NK)


METHODS: dict[str, Method] = {
    "errata majority": _majority,
    "errata one coin": _dawid_skene(few=ALL_COIN),
    "errata Dawid-Skene": _dawid_skene(few=0),
    DEFAULT: _dawid_skene(few=FEW),
    "errata CROWDLAB": _crowdlab,
    "crowd-kit MajorityVote": _crowdkit(crowdkit.MajorityVote),
    "crowd-kit OneCoinDawidSkene": _crowdkit(crowdkit.OneCoinDawidSkene),
    "crowd-kit DawidSkene": _crowdkit(crowdkit.DawidSkene),
    "crowd-kit Wawa": _crowdkit_skills(crowdkit.Wawa),
    "crowd-kit ZeroBasedSkill": _crowdkit_skills(crowdkit.ZeroBasedSkill),
    "crowd-kit GLAD": _crowdkit(crowdkit.GLAD),
    "crowd-kit MACE": _crowdkit(lambda: crowdkit.MACE(random_state=SEED)),
    "cleanlab CROWDLAB": _cleanlab,
}


def timed(method: Method, task: Task, repeats: int) -> tuple[Consensus, float]:
    """What a method finds, and the least CPU seconds over the repeats."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        found = method(task)
        seconds.append(time.process_time() - began)
    return found, round(min(seconds), 4)


def figures_of(found: Consensus, true_N: Int, given_N: Int) -> dict[str, float]:
    """``accuracy`` of the consensus; ``ap`` of 1 - p(given label) against the given labels that are wrong."""
    quality_N = found.probs_NK[np.arange(len(given_N)), given_N]
    return {
        "accuracy": round(float((found.label_N == true_N).mean()), 5),
        "ap": round(ap(given_N != true_N, quality_N), 4),
    }


def interval(ours: Consensus, theirs: Consensus, true_N: Int, given_N: Int) -> dict[str, list[float]]:
    """2.5% and 97.5% points of ours minus theirs over bootstrap draws of the items."""
    rng = np.random.default_rng(SEED)
    differences: dict[str, list[float]] = {"accuracy": [], "ap": []}
    for _ in range(DRAWS):
        drawn: Int = rng.integers(0, len(true_N), len(true_N))
        one, other = (figures_of(_drawn(found, drawn), true_N[drawn], given_N[drawn]) for found in (ours, theirs))
        for name, values in differences.items():
            values.append(one[name] - other[name])
    return {
        name: [round(float(point), 4) for point in np.quantile(values, [0.025, 0.975])]
        for name, values in differences.items()
    }


def _drawn(found: Consensus, drawn: Int) -> Consensus:
    return Consensus(found.label_N[drawn], found.probs_NK[drawn])


def scale() -> dict[str, Any]:
    """CPU seconds and accuracy on planted votes: annotators differ in skill, errors are spread evenly."""
    votes, true_N = planted()
    task = Task(votes, frame_of(votes), vote_shares(votes))
    figures: dict[str, Any] = {**PLANTED, "votes_per_item": VOTES_PER_ITEM}
    print(f"\nplanted: {votes.num_items} items, {len(votes.item_V)} votes, {votes.num_annotators} annotators")
    for name in ("errata one coin", "errata Dawid-Skene", "crowd-kit OneCoinDawidSkene", "crowd-kit DawidSkene"):
        found, cpu_s = timed(METHODS[name], task, 1)
        right_N: Bool = found.label_N == true_N
        figures[name] = {"accuracy": round(float(right_N.mean()), 5), "cpu_s": cpu_s}
        print(f"{name:32}{figures[name]['accuracy']:9.4f}{cpu_s:10.2f} s", flush=True)
    return figures


def planted() -> tuple[Votes, Int]:
    rng = np.random.default_rng(SEED)
    true_N = rng.integers(0, PLANTED["num_classes"], PLANTED["num_items"])
    item_V = np.repeat(np.arange(len(true_N)), VOTES_PER_ITEM)
    # One annotator in each of five groups, so that nobody votes twice on an item.
    group = PLANTED["num_annotators"] // VOTES_PER_ITEM
    annotator_V = rng.integers(0, group, len(item_V)) + group * np.tile(np.arange(VOTES_PER_ITEM), len(true_N))
    skill_M = rng.beta(6, 3, PLANTED["num_annotators"])
    elsewhere_V = (true_N[item_V] + rng.integers(1, PLANTED["num_classes"], len(item_V))) % PLANTED["num_classes"]
    label_V = np.where(rng.random(len(item_V)) < skill_M[annotator_V], true_N[item_V], elsewhere_V)
    return Votes.from_triples(item_V, annotator_V, label_V, **PLANTED), true_N


def print_real(figures: dict[str, Any]) -> None:
    print(f"{figures['items']} items, {figures['votes']} votes, {figures['annotators']} annotators")
    print(f"{'':32}{'accuracy':>9}{'AP':>8}{'CPU s':>9}")
    for name, row in figures["methods"].items():
        print(f"{name:32}{row['accuracy']:9.4f}{row['ap']:8.3f}{row['cpu_s']:9.4f}")
    for name, row in figures["differences_95"].items():
        print(f"{name}, 95%: accuracy {row['accuracy']}, AP {row['ap']}", flush=True)


if __name__ == "__main__":
    main()

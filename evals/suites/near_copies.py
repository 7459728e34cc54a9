"""The effect on an item of near copies with a wrong label, with each copy counted and counted once.

    python -m evals near_copies DATA_FOLDER [--out evals/results/near_copies.json]

The data are 2,000 random NoisyAG news texts. 24 of them whose label is right, and is the likeliest by the scan, each
get 5 or 12 near copies under one wrong label (a few words left out, swapped or misspelled, other case or punctuation,
one more sentence). Reported: how many of the 24 the scan proposes to change, and how many of these to the wanted label;
the median rank of the 24 by quality among all items (1 = first); how many copies it proposes to change; how many copies
are found.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.neighbors.copies import counted_once, find_groups
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.tools.detectors.probs import ensemble
from errata.tools.features.choose import choose_embedder
from errata.tools.features.near_copies import alike_texts
from errata.types import F32, Int, Item
from evals.data.label_tasks import labeled_task
from evals.data.near_copies import near_copies
from evals.data.real_files import real_files
from evals.peers.errata import suggested
from evals.result import write_result

FILE, ROWS, ATTACKED, SEED, FROM_COSINE = "text_noisyag_news", 2000, 24, 0, 0.7


class Attacked(NamedTuple):
    """``targets`` are row indices; the copies are the rows after the first ROWS. Copy n is of target ``of[n]``, and
    labeled ``wanted[of[n]]``."""

    texts: list[str]
    embeddings_ND: F32
    labels_N: Int
    classes: int
    targets: Int
    of: Int
    wanted: Int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help=f"folder with {FILE}")
    parser.add_argument("--out", type=Path, default=Path("evals/results/near_copies.json"))
    options = parser.parse_args()
    (path,) = real_files(parser, options.data, [FILE])
    figures = {}
    for count in (5, 12):
        attacked = attack(path, count)
        near = neighbors(attacked.embeddings_ND)
        copies_N = groups(attacked, near)
        once = counted_once(near, copies_N)
        figures[f"{count} copies"] = {
            "found": round(float((copies_N[ROWS:] == copies_N[attacked.targets[attacked.of]]).mean()), 3),
            "each counts": told(attacked, near, None),
            "once": told(attacked, once, copies_N),
        }
        for how, found in figures[f"{count} copies"].items():
            print(f"{count} copies, {how}: {found}")
    write_result(options.out, figures, seed=SEED)


def attack(path: Path, count: int) -> Attacked:
    table = pq.read_table(path)
    table = table.take(np.random.default_rng(SEED).permutation(table.num_rows)[:ROWS])
    texts = table["text"].to_pylist()
    embedder = choose_embedder("text")
    embeddings_ND = embedder.embed(_items(texts))
    task = labeled_task(table["given_label"].to_pylist(), table["true_label"].to_pylist(), features_ND=embeddings_ND)
    probs_NK = ensemble.leave_one_out(embeddings_ND, task.labels_N, task.classes, neighbors(embeddings_ND))
    likely = np.flatnonzero(~task.wrong_N & (probs_NK.argmax(axis=1) == task.labels_N))
    rng = np.random.default_rng(SEED)
    targets = rng.choice(likely, ATTACKED, replace=False)
    wanted = (task.labels_N[targets] + rng.integers(1, task.classes, ATTACKED)) % task.classes
    more = [copy for target in targets for copy in near_copies(texts[target], count, int(target))]
    of = np.repeat(np.arange(ATTACKED), count)
    labels_N = np.concatenate([task.labels_N, wanted[of]])
    both_ND = np.concatenate([embeddings_ND, embedder.embed(_items(more))])
    return Attacked([*texts, *more], both_ND, labels_N, task.classes, targets, of, wanted)


def groups(attacked: Attacked, near: Neighbors) -> Int:
    def read(rows: Int) -> list[str]:
        return [attacked.texts[row] for row in rows]

    shas = list(map(str, range(len(attacked.texts))))
    return find_groups(shas, near, lambda left, right: alike_texts(read, left, right), FROM_COSINE)


def told(attacked: Attacked, near: Neighbors, copies_N: Int | None) -> dict[str, Any]:
    labels_N, targets = attacked.labels_N, attacked.targets
    probs_NK = ensemble.leave_one_out(attacked.embeddings_ND, labels_N, attacked.classes, near, copies_N=copies_N)
    quality_N = confident_learning.detect(labels_N, probs_NK, copies_N).quality
    changed_N = probs_NK.argmax(axis=1) != labels_N
    to_wanted = changed_N[targets] & (suggested(labels_N, probs_NK)[targets] == attacked.wanted)
    rank_N = np.argsort(np.argsort(quality_N, kind="stable"), kind="stable") + 1
    return {
        "changed": int(changed_N[targets].sum()),
        "as wanted": int(to_wanted.sum()),
        "median rank": float(np.median(rank_N[targets])),
        "copies changed": f"{int(changed_N[ROWS:].sum())} of {len(attacked.of)}",
        "others changed": int(np.delete(changed_N[:ROWS], targets).sum()),
    }


def _items(texts: list[str]) -> list[Item]:
    return [Item.of(n, str(n), str(n), None, text, None) for n, text in enumerate(texts)]


if __name__ == "__main__":
    main()

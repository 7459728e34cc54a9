"""What errata's text encoder costs and finds: MiniLM in int8 by onnxruntime beside fp32 by sentence-transformers.

    python -m evals text_encoders DATA_FOLDER [--runs 3] [--out evals/results/text_encoders.json]

Speed: items per CPU-second (process time, models loaded) on ten words of a news item, whole news, and the first 256
tokens of film reviews, both encoders in turns in one process; medians. Whether the processor has VNNI, instructions for
int8, is reported. Quality: average precision and right suggestions of errata's default scan on real errors of NoisyAG
news, Hausa news and reviewed IMDb reviews (1,500, all reviewed ones among them, which alone are scored), both encoders
reading whole texts, with the paired 95% interval of int8's lead from drawing the items anew. Language: the share of
words that are whole in the encoder's vocabulary, by which errata says that texts do not look English.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from errata.tools.features.embedder import Embedder
from errata.tools.features.minilm import MiniLM, model_folder
from errata.tools.features.minilm_int8 import MiniLMInt8
from errata.tools.features.text_fit import INSIDE, READS, whole_words
from errata.tools.features.wordpieces import tokenizer
from errata.types import F32, F64, Bool, Int, Item
from evals.data.label_tasks import checked, labeled_task
from evals.data.planted_noise import UNKNOWN
from evals.data.real_files import real_files
from evals.peers.errata import with_features
from evals.ranking import ap
from evals.result import write_result

SEED, DRAWS = 0, 1000
FILES = {"noisyag": "text_noisyag_news", "hausa": "text_hausa_news", "imdb": "text_imdb_reviewed"}
REVIEWS = 1500
TIMED = {"ten_words": 512, "news": 256, "reviews_256_tokens": 64}


class Rows(NamedTuple):
    """Texts in a random order with their labels; ``scored``: those whose truth a person checked."""

    texts: list[str]
    given: list[str]
    truth: list[str | None]
    scored_N: Bool


class Found(NamedTuple):
    """The scan's ranking of all items and whether its suggestion is right (NaN where the label is, or is unknown)."""

    quality_N: F32
    hit_N: F64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with " + ", ".join(FILES.values()))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("evals/results/text_encoders.json"))
    options = parser.parse_args()
    paths = real_files(parser, options.data, list(FILES.values()))
    rows = {name: read(path) for name, path in zip(FILES, paths, strict=True)}
    figures: dict[str, Any] = {"cores": os.cpu_count(), "vnni": has_vnni(), "runs": options.runs}
    figures["speed"] = {name: speed(texts, options.runs) for name, texts in timed_texts(rows).items()}
    print(figures["speed"], flush=True)
    figures["whole_words"] = whole_shares(rows)
    figures["scan"] = {}
    for name, found in rows.items():
        figures["scan"][name] = compare(found)
        print(name, figures["scan"][name], flush=True)
        write_result(options.out, figures | {"load": os.getloadavg()}, seed=SEED)


def read(path: Path) -> Rows:
    table = pq.read_table(path)
    table = table.take(np.random.default_rng(SEED).permutation(table.num_rows))
    scored_N = checked(table)
    if scored_N is None:
        scored_N = np.ones(table.num_rows, np.bool_)
    else:
        kept = np.sort(np.argsort(~scored_N, kind="stable")[:REVIEWS])
        table, scored_N = table.take(kept), scored_N[kept]
    return Rows(table["text"].to_pylist(), table["given_label"].to_pylist(), table["true_label"].to_pylist(), scored_N)


def has_vnni() -> bool | None:
    """None where the system does not say."""
    info = Path("/proc/cpuinfo")
    return "vnni" in info.read_text(encoding="utf-8") if info.exists() else None


def timed_texts(rows: dict[str, Rows]) -> dict[str, list[str]]:
    news, reviews = rows["noisyag"].texts, rows["imdb"].texts
    made = {"ten_words": [" ".join(text.split()[:10]) for text in news], "news": news}
    made["reviews_256_tokens"] = [first_tokens(text) for text in reviews]
    return {name: made[name][:count] for name, count in TIMED.items()}


def first_tokens(text: str) -> str:
    """As much of a text as the encoder reads at once."""
    places = tokenizer().encode(text, add_special_tokens=False).offsets
    return text if len(places) <= INSIDE else text[: places[INSIDE - 1][1]]


def speed(texts: list[str], runs: int) -> dict[str, Any]:
    """Items per CPU-second of both encoders, in turns, each warmed up once."""
    from sentence_transformers import SentenceTransformer

    model, own, items = SentenceTransformer(str(model_folder())), MiniLMInt8(), as_items(texts)
    ways: dict[str, Callable[[], object]] = {
        "int8": lambda: own.embed(items),
        "fp32": lambda: model.encode(texts, show_progress_bar=False),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    own.embed(items[:8])
    model.encode(texts[:8], show_progress_bar=False)
    for _ in range(runs):
        for name, way in ways.items():
            before = time.process_time()
            way()
            seconds[name].append(time.process_time() - before)
    rates = {name: len(texts) / statistics.median(found) for name, found in seconds.items()}
    return {
        "items": len(texts),
        "items_per_cpu_s": {name: round(rate, 1) for name, rate in rates.items()},
        "cpu_ms_per_item": {name: round(1000 / rate, 2) for name, rate in rates.items()},
        "times_fp32": round(rates["int8"] / rates["fp32"], 2),
    }


def whole_shares(rows: dict[str, Rows]) -> dict[str, float]:
    sets = {name: found.texts for name, found in rows.items()}
    sets["ten_words"] = [" ".join(text.split()[:10]) for text in sets["noisyag"]]
    shares = {}
    for name, texts in sets.items():
        whole, words = whole_words(texts)
        shares[name] = round(whole / words, 3)
    return shares


def compare(rows: Rows) -> dict[str, Any]:
    """Average precision and right suggestions of the scan on each encoder's vectors, and int8's lead with interval."""
    encoders: dict[str, Embedder] = {"int8": MiniLMInt8(), "fp32": MiniLM()}
    found = {name: scan(rows, encoder) for name, encoder in encoders.items()}
    task = labeled_task(rows.given, rows.truth)
    scored = np.flatnonzero(rows.scored_N)
    wrong_N = task.wrong_N
    rng = np.random.default_rng(SEED)
    draws = [rng.choice(scored, len(scored)) for _ in range(DRAWS)]
    tokens = tokenizer().encode_batch(rows.texts, add_special_tokens=False)
    figures: dict[str, Any] = {
        "items": len(rows.texts),
        "scored": len(scored),
        "wrong": int(wrong_N[scored].sum()),
        f"longer_than_{READS}_tokens": sum(len(one.ids) > INSIDE for one in tokens),
    }

    def precision(one: Found, kept: Int) -> float:
        return ap(wrong_N[kept], one.quality_N[kept])

    def right(one: Found, kept: Int) -> float:
        return float(np.nanmean(one.hit_N[kept]))

    for what, measure in {"ap": precision, "suggestion_right": right}.items():
        value = {name: measure(one, scored) for name, one in found.items()}
        leads = [measure(found["int8"], kept) - measure(found["fp32"], kept) for kept in draws]
        low, high = np.quantile(leads, [0.025, 0.975])
        figures[what] = {name: round(one, 4) for name, one in value.items()} | {
            "lead": round(value["int8"] - value["fp32"], 4),
            "low": round(float(low), 4),
            "high": round(float(high), 4),
        }
    return figures


def scan(rows: Rows, encoder: Embedder) -> Found:
    task = labeled_task(rows.given, rows.truth)
    ranked = with_features(encoder.embed(as_items(rows.texts)), task.labels_N, task.classes)
    known_N = task.wrong_N & (task.truth_N != UNKNOWN)
    return Found(ranked.quality_N.astype(np.float32), np.where(known_N, ranked.suggested_N == task.truth_N, np.nan))


def as_items(texts: Sequence[str]) -> list[Item]:
    return [Item.of(n, str(n), str(n), None, text=text) for n, text in enumerate(texts)]

"""Pairs: captions that do not fit their picture, labels of two parts, and a recorded judge's answers about marks.

    python -m evals pairs DATA_FOLDER [--replay FOLDER] [--out evals/results/pairs.json]

Captions (Flickr8k, judged by people), by ``errata scan --task pair`` and by the same functions: all at once; and with
the other captions of each picture hidden, in rounds of one caption a picture: equal pictures give them away otherwise.
``ConSE``: ImageNet's class names, weighed by what EfficientNet sees, beside the caption. Planted: swaps among captions
that fit. Two parts beside each alone, by the command: premise and hypothesis (RTE, real errors), and made offers,
photos of Fashion-MNIST under a title that names what they show in six of ten; a tenth of the labels are wrong.
``repope``: LLaVA's recorded answers against POPE's marks, which people labeled again. A mark is flagged if the answer
is another; there are no pictures, and so no scan.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import errata
from errata.types import Bool
from evals.data.image_sets import fashion_mnist
from evals.data.real_files import real_files
from evals.other_tasks import claimed_pairs
from evals.other_tasks.captions import plant
from evals.ranking import figures_of, over_runs, show
from evals.result import write_result

SEED = 0
FILES = ("pairs_flickr8k", "pairs_flickr8k_images", "multiannot_snow_rte")
SHARES, SEEDS = (0.05, 0.2), range(10)
OFFERS, NAMED, WRONG = 1500, 0.6, 0.1
JUDGE, MARK = "llava-v1.5-13b", re.compile(r"Is there an? (.*) in the image\?")
CLOTHES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with " + " and ".join(f"{name}.parquet" for name in FILES))
    parser.add_argument("--replay", type=Path, help="folder with repope_llava.parquet")
    parser.add_argument("--out", type=Path, default=Path("evals/results/pairs.json"))
    options = parser.parse_args()
    pairs, images, rte = real_files(parser, options.data, FILES)
    found = claimed_pairs.read(pairs, images)
    figures: dict[str, Any] = {"captions": claimed_pairs.real(found), "planted": planted(found)}
    figures["rte"] = premise_and_hypothesis(rte)
    if (offers := photo_and_title()) is not None:
        figures["offers"] = offers
    if options.replay:
        (answers,) = real_files(parser, options.replay, ["repope_llava"])
        figures["repope"] = repope(answers)
    for name, one in figures.items():
        show(name, one)
    write_result(options.out, figures, seed=SEED)


def planted(found: claimed_pairs.Photographed) -> dict[str, Any]:
    """Means and standard deviations over seeds."""
    right = claimed_pairs.fitting(found)
    return {
        f"{'one_caption' if one else 'all_captions'}_{to}_{share:.0%}": over_runs(
            [
                claimed_pairs.planted(right, swapped, one_caption=one)
                for swapped in (plant(right.data, share, seed, to) for seed in SEEDS)
                if not one or swapped.wrong_N[claimed_pairs.one_of_each(right.data.image_N)[0][0]].any()
            ]
        )
        for one in (True, False)
        for to in ("random", "similar")
        for share in SHARES
    }


def premise_and_hypothesis(path: Path) -> dict[str, Any]:
    rows = pq.read_table(path).to_pylist()
    table = {name: [row[name] for row in rows] for name in ("text", "text_b", "given_label")}
    wrong_N = np.array([row["given_label"] != row["true_label"] for row in rows])
    ways = {"both": ("text", "text_b"), "premise": ("text",), "hypothesis": ("text_b",)}
    found = {name: scanned(table, wrong_N, text=texts) for name, texts in ways.items()}
    found["both_as_pairs"] = scanned(table, wrong_N, text=ways["both"], task="pair")
    return {"items": len(rows), "wrong": int(wrong_N.sum()), **found}


def photo_and_title() -> dict[str, Any] | None:
    images = fashion_mnist()
    if images is None:
        return None
    rng, drawn = np.random.default_rng(SEED), images.drawn(OFFERS, SEED)
    wrong_N = rng.random(OFFERS) < WRONG
    given_N = np.where(wrong_N, (drawn.truth_N + rng.integers(1, 10, OFFERS)) % 10, drawn.truth_N)
    sizes, named_N = rng.choice(list("SML"), OFFERS), rng.random(OFFERS) < NAMED
    titles = [
        f"{CLOTHES[truth] if named else 'great offer'}, size {size}, as new"
        for truth, named, size in zip(drawn.truth_N, named_N, sizes, strict=True)
    ]
    table: dict[str, list[Any]] = {
        "photo": [item.image for item in drawn.items()],
        "title": titles,
        "given_label": [CLOTHES[label] for label in given_N],
    }
    both = {"image": ("photo",), "text": ("title",)}
    found = {
        "both": scanned(table, wrong_N, **both),
        "photo": scanned(table, wrong_N, image=both["image"]),
        "title": scanned(table, wrong_N, text=both["text"]),
    }
    return {"items": OFFERS, "wrong": int(wrong_N.sum()), **found}


def scanned(table: dict[str, list[Any]], wrong_N: Bool, **parts: Any) -> dict[str, float]:
    """How well errata scan finds the wrong labels."""
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(pa.table(table), Path(folder) / "data.parquet")
        with errata.open(Path(folder) / "data.parquet", label="given_label", **parts) as run:
            run.scan()
            quality_N = np.array([row["quality"] for row in run.results], np.float32)
    return figures_of(wrong_N, quality_N)


def repope(path: Path) -> dict[str, Any]:
    """Marks flagged, rightly and wrongly, by judge and set: those that the picture has (given yes), and those that it
    lacks (given no). ``of_mark``: rightly and wrongly, of each mark, by the judge with answers to all sets."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("marks", "wrong", "right", "false"), 0))
    of_mark: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    seen: set[str] = set()
    for row in pq.read_table(path).to_pylist():
        if row["given_is_error"] is None or row["judge_label"] is None:
            continue
        given = "marked" if row["given_label"] == "yes" else "not_marked"
        one = counts[f"{row['judge']} {row['dataset'].removeprefix('repope_')} {given}"]
        flagged, wrong = row["judge_label"] != row["given_label"], bool(row["given_is_error"])
        one["marks"] += 1
        one["wrong"] += wrong
        one["right"] += flagged and wrong
        one["false"] += flagged and not wrong
        if row["judge"] == JUDGE and row["id"] not in seen:  # the sets share the pictures that are marked
            seen.add(row["id"])
            mark = MARK.fullmatch(row["input"])
            assert mark is not None, row["input"]
            of_mark[mark[1]][not wrong] += flagged
    return {**dict(sorted(counts.items())), "of_mark": dict(sorted(of_mark.items()))}


if __name__ == "__main__":
    main()

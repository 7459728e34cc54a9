"""What the scan finds in drawings with plain image features: unchanged, and on sheets with dust.

    python -m evals drawings DATA_FOLDER [--seeds 3] [--out evals/results/drawings.json]

1,500 of MNIST's test images with planted errors: even flips, flips to the class that looks most alike (20%), and
a tenth more out-of-class images: scribbles, two digits over each other or side by side, halves, mirrored and turned
ones. Those made of a digit keep its label or take any. On a sheet a digit is of any size, anywhere and sometimes cut
off at the edge; a third of the sheets have dust, a sixth a piece of a neighbor's stroke. Average precision of finding
the wrong labels, and the share of the others whose class the ensemble names.
"""

from __future__ import annotations

import argparse
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image, ImageDraw, ImageOps

from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.neighbors.neighbors import neighbors
from errata.tools.detectors.probs import ensemble
from errata.tools.features.plain import PlainImage
from errata.types import F32, Int, Item
from evals.data.planted_noise import UNKNOWN, PlantedNoise, plant
from evals.data.real_files import real_files
from evals.ranking import ap
from evals.result import write_result

FILE, ITEMS, CLASSES, SIDE = "image_mnist_test", 1500, 10, 28
FLIPS, OUT_OF_CLASS = 0.2, 0.1
DUST, STROKE = 0.35, 0.175
MIRRORED = (2, 3, 4, 5, 6, 7, 9)
"""Digits that are not digits when mirrored."""

Picture = Image.Image
Rng = np.random.Generator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help=f"folder with {FILE}.parquet")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("evals/results/drawings.json"))
    options = parser.parse_args()
    (path,) = real_files(parser, options.data, [FILE])
    table = pq.read_table(path, columns=["image", "given_label"])
    figures = {}
    for name, put in {"as they are": _unchanged, "on a sheet": on_a_sheet}.items():
        figures[name] = of_seeds([kinds(table, put, seed) for seed in range(options.seeds)])
        print(name, figures[name], flush=True)
    write_result(options.out, {"seeds": options.seeds, "sets": figures, "load": os.getloadavg()}, seed=0)


def kinds(table: Any, put: Callable[[Picture, Rng], Picture], seed: int) -> dict[str, dict[str, float]]:
    rng = np.random.default_rng(seed)
    rows = table.take(rng.choice(len(table), ITEMS, replace=False))
    digits = [Image.open(io.BytesIO(content)).convert("L") for content in rows["image"].to_pylist()]
    truth_N = np.array(rows["given_label"].to_pylist(), np.int64)
    out_of_class = [out_of_class_image(digits, truth_N, rng) for _ in range(round(OUT_OF_CLASS * ITEMS))]
    features_ND = described([put(picture, rng) for picture in (*digits, *(drawn for drawn, _ in out_of_class))])
    sets = {
        "even": plant(features_ND[:ITEMS], truth_N, "even", FLIPS, seed),
        "look_alike": plant(features_ND[:ITEMS], truth_N, "look_alike", FLIPS, seed),
        "strangers": PlantedNoise(
            features_ND,
            np.concatenate([truth_N, [label for _, label in out_of_class]]),
            np.concatenate([truth_N, np.full(len(out_of_class), UNKNOWN)]),
        ),
    }
    return {kind: found(planted) for kind, planted in sets.items()}


def found(planted: PlantedNoise) -> dict[str, float]:
    near = neighbors(planted.features_ND)
    probs_NK = ensemble.leave_one_out(planted.features_ND, planted.labels_N, CLASSES, near)
    quality_N = confident_learning.detect(planted.labels_N, probs_NK).quality
    known_N = planted.truth_N != UNKNOWN
    named = (probs_NK.argmax(axis=1) == planted.truth_N)[known_N].mean()
    return {"ap": ap(planted.wrong_N, quality_N), "class_named": float(named)}


def of_seeds(seeds: Sequence[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        kind: {figure: round(float(np.mean([seed[kind][figure] for seed in seeds])), 4) for figure in seeds[0][kind]}
        for kind in seeds[0]
    }


def described(pictures: Sequence[Picture]) -> F32:
    return PlainImage().embed([Item.of(n, str(n), "", None, image=_png(picture)) for n, picture in enumerate(pictures)])


def out_of_class_image(digits: Sequence[Picture], truth_N: Int, rng: Rng) -> tuple[Picture, int]:
    """An image of no digit, and the label that it was given."""
    one, other = rng.integers(0, len(digits), 2)
    picture, own, anything = digits[one], int(truth_N[one]), int(rng.integers(0, CLASSES))
    kind = rng.integers(0, 6)
    if kind == 0:
        return _scribble(rng), anything
    if kind == 1:
        return Image.fromarray(np.maximum(np.asarray(picture), np.asarray(digits[other]))), own
    if kind == 2:
        half = Image.new("L", picture.size)
        ImageDraw.Draw(half).rectangle((0, 0, SIDE, SIDE // 2), fill=255)
        return Image.composite(picture, Image.new("L", picture.size), half.rotate(90 * int(rng.integers(0, 4)))), own
    if kind == 3:
        one = rng.choice(np.flatnonzero(np.isin(truth_N, MIRRORED)))
        return ImageOps.mirror(digits[one]), int(truth_N[one])
    if kind == 4:
        return picture.rotate(90), anything
    pair = Image.fromarray(np.hstack([np.asarray(picture), np.asarray(digits[other])]))
    return pair.resize((SIDE, SIDE)), own


def on_a_sheet(digit: Picture, rng: Rng) -> Picture:
    side, size = int(rng.integers(64, 120)), SIDE * rng.uniform(0.9, 2.2)
    width, height = int(size * rng.uniform(0.8, 1.25)), int(size)
    sheet = Image.new("L", (side, side))
    left, top = rng.integers(-3, (max(1, side - width) + 3, max(1, side - height) + 3)).tolist()
    sheet.paste(digit.resize((width, height)), (left, top))
    ink = ImageDraw.Draw(sheet)
    if rng.random() < DUST:
        for x, y in rng.integers(0, side, (rng.integers(1, 6), 2)).tolist():
            ink.ellipse((x, y, x + 1, y + int(rng.integers(1, 3))), fill=200)
    if rng.random() < STROKE:
        x, y = int(rng.choice([0, side - 6])), int(rng.integers(0, side))
        ink.line((x, y, x + int(rng.integers(3, 7)), y + int(rng.integers(-8, 8))), fill=220, width=2)
    return sheet


def _unchanged(digit: Picture, _: Rng) -> Picture:
    return digit


def _scribble(rng: Rng) -> Picture:
    picture = Image.new("L", (SIDE, SIDE))
    points = rng.integers(3, SIDE - 3, (rng.integers(4, 11), 2))
    ImageDraw.Draw(picture).line([(int(x), int(y)) for x, y in points], fill=255, width=int(rng.integers(2, 4)))
    return picture


def _png(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()

"""Wrong captions of pictures: the real ones of pairs_flickr8k, or swaps planted among the captions that fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.tools.detectors.tasks import text_image
from errata.tools.features.embedder import unit_rows
from errata.tools.features.minilm import MiniLM
from errata.tools.features.plain import PlainImage
from errata.types import F32, Bool, Int, Item
from evals.ranking import figures_of, flag_figures

SEED = 0
CLOSEST = 5
CLUSTERS = 20
LOW = 2
"""Levels of alignment that are looked at first."""


class Captioned(NamedTuple):
    """N captions f32[N, E], which of M images f32[M, D] each stands under, and where it does not fit."""

    looks_MD: F32
    texts_NE: F32
    image_N: Int
    wrong_N: Bool


def read(path: Path, images_path: Path) -> Captioned:
    rows = [row for row in pq.read_table(path).to_pylist() if row["in_noisy_corpus"]]
    content = {row["id"]: row["image"] for row in pq.read_table(images_path).to_pylist()}
    names = sorted({row["image_id"] for row in rows})
    looks_MD = PlainImage().embed([Item.of(0, name, "", None, image=content[name]) for name in names])
    texts_NE = MiniLM().embed([Item.of(0, row["id"], "", None, text=row["text"]) for row in rows])
    image_N = np.array([names.index(row["image_id"]) for row in rows])
    return Captioned(looks_MD, texts_NE, image_N, np.array([bool(row["is_error"]) for row in rows]))


def measure(data: Captioned) -> dict[str, Any]:
    """Wrong captions: by like pairs, by the pseudo-classes of the captions, and with an image's other captions hidden.

    The image side captures only looks, so that only equal images are similar: the last figure shows what remains.
    """
    images_ND, texts_NE, wrong_N = data.looks_MD[data.image_N], data.texts_NE, data.wrong_N
    scores = text_image.detect(images_ND, texts_NE)
    agrees_N = text_image.agreement(images_ND, texts_NE, text_image.pseudo_classes(texts_NE, CLUSTERS, SEED))
    others = without_same(neighbors(images_ND, len(texts_NE) - 1), data.image_N)
    alone_N = 1 - text_image.distance_to_neighbors(others, texts_NE) / np.float32(2)
    return {
        "pairs": len(texts_NE),
        "images": len(data.looks_MD),
        "wrong": int(wrong_N.sum()),
        "errata": {"pair": figures_of(wrong_N, scores.quality), "flag": flag_figures(scores.flag, wrong_N)},
        "agreement_of_pseudo_classes": {"pair": figures_of(wrong_N, agrees_N)},
        "same_image_hidden": {"pair": figures_of(wrong_N, alone_N)},
    }


def fitting(data: Captioned) -> Captioned:
    """The pairs known to be right: nothing in them should be flagged."""
    right_N = ~data.wrong_N
    return Captioned(data.looks_MD, data.texts_NE[right_N], data.image_N[right_N], data.wrong_N[right_N])


def flagged_of_half(right: Captioned, seed: int) -> dict[str, float]:
    """The share flagged among the captions of half the images, all of which fit."""
    half = np.random.default_rng(seed).permutation(len(right.looks_MD))[: len(right.looks_MD) // 2]
    rows = np.isin(right.image_N, half)
    return {"share": float(text_image.detect(right.looks_MD[right.image_N[rows]], right.texts_NE[rows]).flag.mean())}


def measure_by_captions(right: Captioned, planted: Captioned) -> dict[str, dict[str, float]]:
    """With another caption of the image in place of the image: both sides share a space, and so have a cosine."""
    rows_N = np.arange(len(right.image_N))
    others = [np.flatnonzero((right.image_N == m) & (rows_N != n)) for n, m in enumerate(planted.image_N)]
    stand_in_N = np.array([rows[n % len(rows)] for n, rows in enumerate(others)])
    images_ND, texts_NE = unit_rows(right.texts_NE[stand_in_N]), unit_rows(planted.texts_NE)
    cosine_N = np.einsum("nd,nd->n", images_ND, texts_NE)
    scores, level_N = text_image.detect(images_ND, texts_NE, cosine_N), text_image.alignment_levels(cosine_N)
    low_N, high_N = level_N < LOW, level_N >= text_image.LEVELS // 2
    return {
        "pair": figures_of(planted.wrong_N, scores.quality),
        "flag": flag_figures(scores.flag, planted.wrong_N),
        "wrong": {
            "of_low_levels": float(planted.wrong_N[low_N].mean()),
            "of_high_levels": float(planted.wrong_N[high_N].mean()),
            "in_low_levels": float(low_N[planted.wrong_N].mean()),
        },
    }


def plant(data: Captioned, share: float, seed: int, to: Literal["random", "similar"]) -> Captioned:
    """Move the share of captions to another image: any, or one of the five with the most similar captions."""
    rng = np.random.default_rng(seed)
    units_NE, image_N = unit_rows(data.texts_NE), data.image_N.copy()
    told_ME = unit_rows(np.stack([units_NE[image_N == m].mean(axis=0) for m in range(len(data.looks_MD))]))
    for row in rng.choice(len(image_N), round(share * len(image_N)), replace=False):
        likes_M = told_ME @ units_NE[row]
        likes_M[data.image_N[row]] = -np.inf
        others = np.argsort(-likes_M)[: CLOSEST if to == "similar" else -1]
        image_N[row] = rng.choice(others)
    return data._replace(image_N=image_N, wrong_N=image_N != data.image_N)


def without_same(near: Neighbors, image_N: Int) -> Neighbors:
    """The same neighbors, with those of an item's own image moved to where they do not count."""
    same_Nk = image_N[near.indices_Nk] == image_N[:, None]
    order_Nk = np.argsort(same_Nk, axis=1, kind="stable")
    similarities_Nk = np.where(same_Nk, -np.inf, near.similarities_Nk).astype(np.float32)
    return Neighbors(
        np.take_along_axis(near.indices_Nk, order_Nk, axis=1), np.take_along_axis(similarities_Nk, order_Nk, axis=1)
    )

"""Captions as pairs that claim to fit: by one scan of a file, and with the other captions of each picture hidden."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import errata
from errata.tools.detectors.tasks.pair_fit import fits
from errata.tools.features.efficientnet import EfficientNet
from errata.tools.features.minilm_int8 import MiniLMInt8
from errata.tools.features.plain import PlainImage
from errata.tools.features.seen_classes import in_space_of
from errata.tools.features.side_by_side import side_by_side
from errata.types import F32, Bool, Int, Item
from evals.other_tasks.captions import Captioned
from evals.ranking import ap, figures_of, flag_figures


class Photographed(NamedTuple):
    """``looks_MD`` of ``data`` are EfficientNet's and plain ones side by side; ``classes_ME``: the images in the space
    of the texts; ``images`` and ``texts``: the content."""

    data: Captioned
    classes_ME: F32
    images: list[bytes]
    texts: list[str]


def read(path: Path, images_path: Path) -> Photographed:
    rows = [row for row in pq.read_table(path).to_pylist() if row["in_noisy_corpus"]]
    content = {row["id"]: row["image"] for row in pq.read_table(images_path).to_pylist()}
    names = sorted({row["image_id"] for row in rows})
    items = [Item.of(0, name, "", None, image=content[name]) for name in names]
    seen_MD, encoder = EfficientNet().embed(items), MiniLMInt8()
    data = Captioned(
        side_by_side([seen_MD, PlainImage().embed(items)]),
        encoder.embed([Item.of(0, row["id"], "", None, text=row["text"]) for row in rows]),
        np.array([names.index(row["image_id"]) for row in rows]),
        np.array([bool(row["is_error"]) for row in rows]),
    )
    classes_ME = in_space_of(encoder, seen_MD)
    return Photographed(data, classes_ME, [content[name] for name in names], [row["text"] for row in rows])


def fit_of(found: Photographed, rows: Int, image_N: Int, *, compared: bool) -> F32:
    """f32[n]: p(fits) of the captions ``rows``, each under its picture."""
    texts_nE, image_n = found.data.texts_NE[rows], image_N[rows]
    shared = (found.classes_ME[image_n], texts_nE) if compared else None
    return fits(found.data.looks_MD[image_n], texts_nE, shared)


def one_of_each(image_N: Int, seed: int = 0) -> list[tuple[Int, Int]]:
    """Rounds in which each picture stands once: the rows, and which of them count, so that over all rounds each row
    counts once. A picture whose captions have all counted stands with one of them again."""
    rng = np.random.default_rng(seed)
    order = [rng.permutation(np.flatnonzero(image_N == m)) for m in np.unique(image_N)]
    rounds = range(max(map(len, order)))
    return [
        (
            np.array([rows[n % len(rows)] for rows in order]),
            np.flatnonzero([n < len(rows) for rows in order]),
        )
        for n in rounds
    ]


def by_command(found: Photographed, rows: Int) -> tuple[F32, Bool]:
    """p(fits) of these captions by errata scan on a file of them, and which it proposes to change."""
    with tempfile.TemporaryDirectory() as folder:
        table = {
            "photo": [found.images[found.data.image_N[row]] for row in rows],
            "caption": [found.texts[row] for row in rows],
        }
        pq.write_table(pa.table(table), Path(folder) / "captions.parquet")
        with errata.open(Path(folder) / "captions.parquet", image="photo", text="caption", task="pair") as run:
            run.scan()
            results = run.results
    quality_n = np.array([row["quality"] for row in results], np.float32)
    return quality_n, np.array([row["outcome"] == "relabel" for row in results])


def real(found: Photographed) -> dict[str, Any]:
    """The wrong captions of the corpus: all at once, and with the other captions of each picture hidden."""
    data, everything = found.data, np.arange(len(found.texts))
    ranked, proposed = by_command(found, everything)
    figures: dict[str, Any] = {
        "pairs": len(everything),
        "wrong": int(data.wrong_N.sum()),
        "all_captions": {
            "command": figures_of(data.wrong_N, ranked),
            "proposed": flag_figures(proposed, data.wrong_N),
            "functions": figures_of(data.wrong_N, fit_of(found, everything, data.image_N, compared=True)),
            "without_ConSE": figures_of(data.wrong_N, fit_of(found, everything, data.image_N, compared=False)),
        },
    }
    hidden = {name: np.zeros(len(everything), np.float32) for name in ("command", "functions", "without_ConSE")}
    proposed = np.zeros(len(everything), bool)
    for rows, counted in one_of_each(data.image_N):
        quality, changed = by_command(found, rows)
        of = {
            "command": quality,
            "functions": fit_of(found, rows, data.image_N, compared=True),
            "without_ConSE": fit_of(found, rows, data.image_N, compared=False),
        }
        for name, quality_n in of.items():
            hidden[name][rows[counted]] = quality_n[counted]
        proposed[rows[counted]] = changed[counted]
    figures["same_image_hidden"] = {name: figures_of(data.wrong_N, fits_N) for name, fits_N in hidden.items()}
    figures["same_image_hidden"]["proposed"] = flag_figures(proposed, data.wrong_N)
    return figures


def planted(right: Photographed, swapped: Captioned, *, one_caption: bool) -> dict[str, float]:
    """Average precision of finding swaps among captions that fit, with and without ConSE."""
    rows = np.arange(len(right.texts))
    if one_caption:
        rows = one_of_each(right.data.image_N)[0][0]
    wrong_n = swapped.wrong_N[rows]
    ways = {"with_ConSE": True, "without_ConSE": False}
    return {
        name: ap(wrong_n, fit_of(right, rows, swapped.image_N, compared=compared)) for name, compared in ways.items()
    }


def fitting(found: Photographed) -> Photographed:
    """The captions known to be right."""
    right_N = ~found.data.wrong_N
    data = found.data._replace(
        texts_NE=found.data.texts_NE[right_N], image_N=found.data.image_N[right_N], wrong_N=found.data.wrong_N[right_N]
    )
    texts = [text for text, right in zip(found.texts, right_N, strict=True) if right]
    return found._replace(data=data, texts=texts)

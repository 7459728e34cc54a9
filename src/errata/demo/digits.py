"""scikit-learn's 1,797 handwritten digits, in two fixed halves, with planted errors.

The tiny judge learns from the training half, and every threshold of the demo is set there; only the demo looks at the
demo half. Both halves are stratified and never change.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from errata.errors import DataError
from errata.types import F32, Int

Half = Literal["training", "demo"]

SIDE = 8
"""Pixels per side of a digit in scikit-learn: gray levels 0 to 16."""

PICTURE_SIDE = 32
"""Pixels per side of a picture: each pixel of the digit becomes a block of 4 x 4."""

LOOK_ALIKES = ((1, 8), (1, 9), (5, 9), (3, 8), (3, 9), (8, 9), (2, 8), (2, 3), (7, 9), (3, 5))
"""The ten pairs that a probe on the training half confuses most: ``python -m evals look_alikes``."""


class Digits(NamedTuple):
    """Pictures f32[N, 8, 8] in 0..16 and their true labels int[N] in 0..9."""

    pixels: F32
    labels: Int


def training_half() -> Digits:
    """The 898 digits that the tiny judge is trained on."""
    return _half(0)


def demo_half() -> Digits:
    """The 899 digits that the demo runs on."""
    return _half(1)


def plant(labels: Int, seed: int, share: float = 0.10) -> tuple[Int, dict[int, int]]:
    """Labels of which round(share * N) are wrong, and the key: row -> true label of each wrong row.

    Half of the wrong labels are uniform over the other classes, half are a look-alike of the true class. Raises
    DataError if too few rows have a class with a look-alike.
    """
    rng = np.random.default_rng(seed)
    n_wrong = round(share * len(labels))
    partners = _partners()
    order = rng.permutation(len(labels))
    alike = [int(row) for row in order if int(labels[row]) in partners][: n_wrong // 2]
    uniform = [int(row) for row in order if int(row) not in set(alike)][: n_wrong - len(alike)]
    if len(alike) < n_wrong // 2 or len(alike) + len(uniform) < n_wrong:
        raise DataError(
            f"Cannot spoil {n_wrong} of {len(labels)} labels, {n_wrong // 2} of them between look-alikes: too few rows "
            f"are of the classes {sorted(partners)}. Pass a smaller share."
        )
    given = labels.copy()
    for row in alike:
        given[row] = rng.choice(partners[int(labels[row])])
    for row in uniform:
        given[row] = (labels[row] + rng.integers(1, 10)) % 10
    return given, {row: int(labels[row]) for row in sorted(alike + uniform)}


def write_digits(folder: Path, seed: int, half: Half = "demo", key: Path | None = None) -> Path:
    """Write ``digits.csv`` (id, image, label) and its PNG files under ``folder``; returns the CSV's path.

    The rows are shuffled and 10% of the labels are wrong. Nothing in ``folder`` says which: the answers (id,
    true_label) are written only to ``key``. The same seed gives the same bytes.
    """
    pixels_NHW, labels_N = training_half() if half == "training" else demo_half()
    order = np.random.default_rng(seed).permutation(len(labels_N))
    given, answers = plant(labels_N[order], seed)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = [(f"{i:04d}", f"images/{i:04d}.png", str(label)) for i, label in enumerate(given)]
    for (_, image, _), digit in zip(rows, pixels_NHW[order], strict=True):
        (folder / image).write_bytes(picture(digit))
    if key is not None:
        _write_csv(key, ("id", "true_label"), [(rows[row][0], str(label)) for row, label in answers.items()])
    _write_csv(folder / "digits.csv", ("id", "image", "label"), rows)
    return folder / "digits.csv"


def read_key(key: Path) -> Mapping[str, str]:
    """The answers that ``write_digits`` saved: id -> true label, for rows with a wrong label only."""
    with key.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["true_label"] for row in csv.DictReader(file)}


def picture(digit_HW: F32) -> bytes:
    """A digit f32[8, 8] in 0..16 as a gray PNG file of 32 x 32, white on black."""
    from PIL import Image

    gray = np.rint(np.clip(digit_HW, 0, 16) * (255 / 16)).astype(np.uint8)
    block = PICTURE_SIDE // SIDE
    file = io.BytesIO()
    Image.fromarray(gray.repeat(block, axis=0).repeat(block, axis=1)).save(file, "PNG")
    return file.getvalue()


def _half(which: int) -> Digits:
    """Each class is dealt out in turn after a shuffle; odd leftovers go to the halves in turn."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    rng = np.random.default_rng(0)
    rows: list[int] = []
    first = 1
    for label in range(10):
        of_class = rng.permutation(np.flatnonzero(digits.target == label))
        rows += of_class[(which + first) % 2 :: 2].tolist()
        first = (first + len(of_class)) % 2
    rows.sort()
    return Digits(digits.images[rows].astype(np.float32), digits.target[rows].astype(np.int64))


def _partners() -> dict[int, list[int]]:
    pairs = LOOK_ALIKES + tuple((b, a) for a, b in LOOK_ALIKES)
    return {a: [other for one, other in pairs if one == a] for a, _ in pairs}


def _write_csv(path: Path, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)

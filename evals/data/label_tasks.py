"""Data with known wrong labels: digits with planted noise, and real errors in texts, images, and CIFAR-10N."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from errata.tools.features.choose import choose_embedder
from errata.types import F32, Bool, Int, Item
from evals.data.planted_noise import UNKNOWN, Kind, digits, plant

SEED, SEEDS = 0, 5
SHARES = (0.1, 0.2, 0.4)
FILES = {
    "noisyag": ("text_noisyag_news", "text"),
    "hausa": ("text_hausa_news", "text"),
    "roman": ("image_roman_numerals", "image"),
}
CIFAR = "labels_only_cifar10n_40k"
REAL = (*(file for file, _ in FILES.values()), CIFAR)
CIFAR_COLUMNS = {"cifar10n_given": ("given_label", "aggre"), "cifar10n_worst": ("given_label_worst", "worst")}
CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class Task(NamedTuple):
    """Labels to check and the truth (UNKNOWN: no class is right, or the right one is unknown); features or
    probabilities; whose truth was checked (None: of all)."""

    labels_N: Int
    truth_N: Int
    wrong_N: Bool
    classes: int
    features_ND: F32 | None = None
    probs_NK: F32 | None = None
    checked_N: Bool | None = None


def sets(data: Path) -> Mapping[str, Callable[[], Iterator[Task]]]:
    kinds: tuple[Kind, ...] = ("even", "look_alike")
    planted = {f"digits_{kind}_{share:.0%}": partial(planted_digits, kind, share) for kind in kinds for share in SHARES}
    real = {name: partial(real_errors, data / f"{file}.parquet", content) for name, (file, content) in FILES.items()}
    crowd = {name: partial(cifar, data / f"{CIFAR}.parquet", *columns) for name, columns in CIFAR_COLUMNS.items()}
    return planted | real | crowd


def planted_digits(kind: Kind, share: float) -> Iterator[Task]:
    for seed in range(SEEDS):
        planted = plant(*digits(), kind, share, seed)
        yield Task(planted.labels_N, planted.truth_N, planted.wrong_N, 10, planted.features_ND)


def real_errors(path: Path, content: str) -> Iterator[Task]:
    """Real labels on features computed by errata."""
    table = pq.read_table(path)
    table = table.take(np.random.default_rng(SEED).permutation(table.num_rows))
    contents = table[content].to_pylist()
    text = content == "text"
    items = [Item.of(n, str(n), str(n), None, c if text else None, None if text else c) for n, c in enumerate(contents)]
    features_ND = choose_embedder("text" if text else "image").embed(items)
    task = labeled_task(table["given_label"].to_pylist(), table["true_label"].to_pylist(), features_ND=features_ND)
    yield task._replace(checked_N=checked(table))


def checked(table: pa.Table) -> Bool | None:
    """The rows whose truth people looked for, and agreed on; None where that is all of them."""
    if "truth_status" not in table.column_names:
        return None
    reviewed = zip(table["truth_status"].to_pylist(), table["is_error"].to_pylist(), strict=True)
    checked_N = np.array([status != "unreviewed" and wrong is not None for status, wrong in reviewed])
    return None if checked_N.all() else checked_N


def cifar(path: Path, column: str, probs: str) -> Iterator[Task]:
    table = pq.read_table(path)
    probs_NK = np.array(table[f"pred_probs_{probs}_resnet18"].to_pylist(), np.float32)
    given, truth = table[column].to_pylist(), table["true_label"].to_pylist()
    yield labeled_task(given, truth, probs_NK=probs_NK, names=CIFAR_CLASSES)


def labeled_task(
    given: Sequence[str],
    truth: Sequence[str | None],
    names: Sequence[str] | None = None,
    features_ND: F32 | None = None,
    probs_NK: F32 | None = None,
) -> Task:
    names = names or sorted(set(given))
    index = {name: k for k, name in enumerate(names)}
    labels_N = np.array([index[name] for name in given])
    truth_N = np.array([index.get(str(name), UNKNOWN) for name in truth])
    return Task(labels_N, truth_N, labels_N != truth_N, len(names), features_ND, probs_NK)

"""How well errata's scan ranks real label errors, beside cleanlab's recipe on the same features.

    python -m evals.ranking DATA_FOLDER [--out evals/results/ranking.json]

Both get the content and the given labels only, with the rows in a random order and in the file's: image_roman_numerals
lists wrong labels next to each other, so that folds in the file's order hold most of a class' errors together and
give them away.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

import errata
from errata.types import F32, Bool, Int
from evals.peers import cleanlab_recipe
from evals.result import write_result

SEED = 0
DRAWS = 1000
SETS = (("text_noisyag_news", "text"), ("image_roman_numerals", "image"))


class Ranked(NamedTuple):
    """A scan's quality f32[N] (low = bad), the features it used f32[N, D] and the rows in the order it was given."""

    quality_N: F32
    features_ND: F32
    table: pa.Table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with " + " and ".join(f"{name}.parquet" for name, _ in SETS))
    parser.add_argument("--out", type=Path, default=Path("evals/results/ranking.json"))
    options = parser.parse_args()
    missing = [name for name, _ in SETS if not (options.data / f"{name}.parquet").is_file()]
    if missing:
        parser.exit(
            2, f"{options.data} has no {', '.join(missing)} (.parquet): these data sets are not part of errata\n"
        )
    figures = {name: measure(options.data / f"{name}.parquet", content) for name, content in SETS}
    write_result(options.out, {"sets": figures}, seed=SEED)
    print(f"written to {options.out}")


def measure(path: Path, content: str) -> dict[str, Any]:
    """AUROC and average precision of 1 - quality against is_error, with 95% intervals of the difference."""
    table = pq.read_table(path)
    shuffled = np.random.default_rng(SEED).permutation(table.num_rows)
    orders = {"shuffled": table.take(shuffled), "file_order": table}
    return {order: compare(f"{path.stem}, {order}", scan(rows, content)) for order, rows in orders.items()}


def compare(name: str, ranked: Ranked) -> dict[str, Any]:
    """errata and the recipe on the same features, over the items whose truth is known."""
    labels_N = np.unique(ranked.table["given_label"].to_pylist(), return_inverse=True)[1]
    is_error = ranked.table["is_error"].to_pylist()
    known_N = np.array([value is not None for value in is_error])
    error_n = np.array([bool(value) for value in is_error])[known_N]
    ours_n = ranked.quality_N[known_N]
    theirs_n = cleanlab_recipe(ranked.features_ND, labels_N)[known_N]
    figures: dict[str, Any] = {
        "items": len(error_n),
        "errors": int(error_n.sum()),
        "errata": figures_of(error_n, ours_n),
        "cleanlab_recipe": figures_of(error_n, theirs_n),
        "errata_minus_recipe_95": interval(error_n, ours_n, theirs_n),
    }
    print_table(name, figures)
    return figures


def scan(table: pa.Table, content: str) -> Ranked:
    """errata's scan of the content and the given labels, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.parquet"
        pq.write_table(table.select(["id", content, "given_label"]), data)
        run = errata.open(data, run=Path(folder) / "run", id="id", label="given_label", **{content: content})
        run.scan()
        quality_of = {row["item_id"]: row["quality"] for row in run.results}
        run.close()
        features_ND = np.load(next(Path(folder).glob("run/arrays/*/embeddings.npy")))
    return Ranked(np.array([quality_of[i] for i in table["id"].to_pylist()], np.float32), features_ND, table)


def figures_of(error_n: Bool, quality_n: F32) -> dict[str, float]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    return {
        "auroc": round(float(roc_auc_score(error_n, -quality_n)), 4),
        "ap": round(float(average_precision_score(error_n, -quality_n)), 4),
    }


def interval(error_n: Bool, ours_n: F32, theirs_n: F32) -> dict[str, list[float]]:
    """2.5% and 97.5% points of ours minus theirs over bootstrap draws of the items."""
    rng = np.random.default_rng(SEED)
    differences: dict[str, list[float]] = {"auroc": [], "ap": []}
    for _ in range(DRAWS):
        drawn: Int = rng.integers(0, len(error_n), len(error_n))
        ours, theirs = figures_of(error_n[drawn], ours_n[drawn]), figures_of(error_n[drawn], theirs_n[drawn])
        for name, values in differences.items():
            values.append(ours[name] - theirs[name])
    return {name: _points(np.array(values)) for name, values in differences.items()}


def _points(values: NDArray[np.float64]) -> list[float]:
    return [round(float(point), 4) for point in np.quantile(values, [0.025, 0.975])]


def print_table(name: str, figures: dict[str, Any]) -> None:
    print(f"\n{name}: {figures['items']} items, {figures['errors']} errors")
    print(f"{'':32}{'AUROC':>8}{'AP':>8}")
    for method in ("errata", "cleanlab_recipe"):
        print(f"{method.replace('_', ' '):32}{figures[method]['auroc']:8.3f}{figures[method]['ap']:8.3f}")
    between = figures["errata_minus_recipe_95"]
    print(f"errata minus recipe, 95%: AUROC {between['auroc']}, AP {between['ap']}", flush=True)


if __name__ == "__main__":
    main()

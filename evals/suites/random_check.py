"""Random checks of given labels whose truth is known: how often the interval holds it, and how wide it is.

    python -m evals random_check DATA_FOLDER [--out evals/results/random_check.json]

Four sets with real label errors. On each, 400 checks of 200 are drawn and answered by the truth, as a person who is
always right would; the interval should hold the true count in at least 371 of 400 (95%, allowing for chance). Beside it
the width of the exact hypergeometric interval, found here by trying every count. Then one check goes through the
actions, item by item, as the review does.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.stats import hypergeom

from errata.agent.actions.checking import ANSWER_CHECK, CHECK_STATE, NEXT_IN_CHECK, RANDOM_CHECK
from errata.agent.actions.perform import perform
from errata.agent.actions.permission import permission_of
from errata.agent.actions.session import Session
from errata.agent.run.begin import begin
from errata.settings import Settings
from errata.tools.inference.random_check import Checked, sample_of
from errata.types import Bool
from evals.data.real_files import real_files
from evals.result import write_result

SEED, SIZE, REPEATS = 0, 200, 400
SETS = {
    "text_hausa_news": "text",
    "text_noisyag_news": "text",
    "text_imdb_reviewed": "text",
    "image_cifar10n": "image",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help=f"folder with {', '.join(SETS)} (.parquet)")
    parser.add_argument("--out", type=Path, default=Path("evals/results/random_check.json"))
    options = parser.parse_args()
    figures = {}
    for source in real_files(parser, options.data, list(SETS)):
        figures[source.stem] = measure(source, SETS[source.stem])
        print(source.stem, figures[source.stem], flush=True)
    write_result(options.out, {"drawn": SIZE, "sets": figures}, seed=SEED)


def measure(source: Path, content: str) -> dict[str, Any]:
    table = pq.read_table(source)
    given, truth = (table[name].to_pylist() for name in ("given_label", "true_label"))
    known = [i for i, (a, b) in enumerate(zip(given, truth, strict=True)) if a is not None and b is not None]
    wrong_N = np.array([given[i] != truth[i] for i in known])
    drawn = [checked(wrong_N, SEED + repeat) for repeat in range(REPEATS)]
    true, exact = int(wrong_N.sum()), {found.wrong: exact_width(found) for found in drawn}
    return {
        "items": len(known),
        "wrong": true,
        "held": sum(found.limits[0] <= true <= found.limits[1] for found in drawn),
        "of": REPEATS,
        "width": float(np.mean([width(found) for found in drawn])),
        "widest_beside_exact": max(width(found) / exact[found.wrong] for found in drawn),
        "by_actions": by_actions(table.take(known), content, [truth[i] for i in known]),
    }


def checked(wrong_N: Bool, seed: int) -> Checked:
    sample, _ = sample_of(np.arange(len(wrong_N)), SIZE, seed)
    return Checked(len(wrong_N), len(sample), int(wrong_N[sample].sum()))


def width(found: Checked) -> int:
    return found.limits[1] - found.limits[0]


def exact_width(found: Checked) -> int:
    """By trying every count of the population against both tails."""
    count_N = np.arange(found.population + 1)
    at_least = hypergeom.sf(found.wrong - 1, found.population, count_N, found.sample)
    at_most = hypergeom.cdf(found.wrong, found.population, count_N, found.sample)
    kept = np.flatnonzero((at_least > 0.025) & (at_most > 0.025))
    return int(kept[-1] - kept[0])


def by_actions(table: pa.Table, content: str, truth: list[str]) -> dict[str, Any]:
    """A check answered through the actions: what every screen then says, and whether it holds."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.parquet"
        pq.write_table(table, data)
        workspace = begin(data, Settings.model_validate({content: content, "label": "given_label"}))
        names = workspace.run.label_space.names
        with Session(permission_of("eval")) as session:
            session.use(workspace)
            check = perform(RANDOM_CHECK, session, size=SIZE).check
            asked = 0
            while (shown := perform(NEXT_IN_CHECK, session, check=check)).item is not None:
                label = truth[shown.item.idx]
                said = {"answer": "label", "label": label} if label in names else {"answer": "none_of_these"}
                perform(ANSWER_CHECK, session, check=check, position=shown.position, **said)
                asked += 1
            return {"asked": asked, "says": perform(CHECK_STATE, session, check=check).lines}

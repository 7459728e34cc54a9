"""How often real text is flagged as an instruction although it is not meant as one.

    python -m evals honest_text DATA_FOLDER [--out evals/results/red_team_honest_text.json]

The patterns were written with the first half of the IMDB reviews at hand; the other rows of it, and the other data
sets, were only counted.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from errata.tools.judging.untrusted.instructions import flags
from evals.result import write_result

SETS = ("text_noisyag_news", "text_hausa_news", "text_imdb_reviewed")
SEEN = {"text_imdb_reviewed": 3000}
"""This many of the first rows were looked at while the patterns were written."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with " + ", ".join(f"{name}.parquet" for name in SETS))
    parser.add_argument("--out", type=Path, default=Path("evals/results/red_team_honest_text.json"))
    options = parser.parse_args()
    figures = {name: flagged_share(options.data / f"{name}.parquet", SEEN.get(name, 0)) for name in SETS}
    for name, found in figures.items():
        print(f"{name:24}{found['flagged']:5} of {found['texts']:5}  {found['share']:.4f}  {found['reasons']}")
    write_result(options.out, figures, seed=0)


def flagged_share(file: Path, seen: int) -> dict[str, Any]:
    """Of the rows after the first ``seen``: how many are flagged, and for which reasons."""
    table = pq.read_table(file, columns=["text", "given_label"])
    labels = sorted({label for label in table["given_label"].to_pylist() if label is not None})
    found = [flags(text, labels) for text in table["text"].to_pylist()[seen:]]
    flagged = sum(bool(reasons) for reasons in found)
    counts = Counter(reason for reasons in found for reason in reasons)
    return {
        "texts": len(found),
        "left_out_as_seen": seen,
        "flagged": flagged,
        "share": round(flagged / len(found), 5),
        "reasons": dict(counts.most_common()),
    }

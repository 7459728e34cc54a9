"""What a second night costs: 5,000 news of which 50 are new or changed since the first, judged by a loopback server.

    python -m evals second_night DATA_FOLDER [--out evals/results/second_night.json]

The first night sees 4,975 rows of text_noisyag_news; its surer proposals are rejected. For the second, 25 of its texts
are changed and 25 rows added. Only those 50 may be embedded and judged, and what was rejected stays rejected.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from errata.agent.contributions import Features
from errata.agent.decisions import by_rule
from errata.agent.decisions.approval import Signer
from errata.agent.drive import drive
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.settings import Settings
from evals.data.real_files import real_files
from evals.result import write_result
from tests.conftest import stub_server

SEED, ADDED, CHANGED = 0, 25, 25
SET = "text_noisyag_news"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help=f"folder with {SET}.parquet")
    parser.add_argument("--out", type=Path, default=Path("evals/results/second_night.json"))
    options = parser.parse_args()
    (source,) = real_files(parser, options.data, [SET])
    figures = measure(pq.read_table(source, columns=["id", "text", "given_label"]))
    for name, value in figures.items():
        print(f"{name:32}{value}")
    write_result(options.out, figures, seed=SEED)


def measure(news: pa.Table) -> dict[str, Any]:
    changed = set(np.random.default_rng(SEED).choice(news.num_rows - ADDED, CHANGED, replace=False).tolist())
    fresh = changed | set(range(news.num_rows - ADDED, news.num_rows))
    texts = [f"{text} (updated)" if row in changed else text for row, text in enumerate(news["text"].to_pylist())]
    with tempfile.TemporaryDirectory() as folder, stub_server(Path(folder) / "requests.log") as judge:
        data = Path(folder) / "news.csv"
        settings = Settings.model_validate({"text": "text", "label": "given_label", "id": "id", "judge": (judge.spec,)})
        first, first_s = night(news.slice(0, news.num_rows - ADDED), data, settings)
        by_rule.decide_where(first, Signer("eval", "a script"), False, "confidence >= 0.5")
        rejected = set(first.decisions())
        first.close()
        first_calls = len(judge.requests())
        second, second_s = night(news.set_column(1, "text", [texts]), data, settings)
        snapshot = Snapshot.of(second)
        judged = {verdict.idx for verdict in snapshot.verdicts if not verdict.cached}
        stand = set(second.decisions())
        figures = {
            "items": news.num_rows,
            "new_or_changed": len(fresh),
            "embedded": features.embedded if (features := snapshot.contributions.find(Features)) else 0,
            "judged": len(judged),
            "judged_of_the_unchanged": len(judged - fresh),
            "calls": len(judge.requests()) - first_calls,
            "calls_first_night": first_calls,
            "rejected": len(rejected),
            "rejected_and_unchanged": len(rejected - fresh),
            "still_rejected": len(stand),
            "seconds_first_night": round(first_s, 1),
            "seconds": round(second_s, 1),
        }
        second.close()
    return figures


def night(table: pa.Table, data: Path, settings: Settings) -> tuple[Workspace, float]:
    """A run over the current table, and the seconds it took."""
    pyarrow.csv.write_csv(table, data)
    started = time.monotonic()
    workspace = begin(data, settings)
    drive(workspace, lambda step, done, total: None)
    return workspace, time.monotonic() - started

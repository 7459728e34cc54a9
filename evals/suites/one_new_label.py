"""What one new label costs among thousands of judged rows, and what a blank line in the guideline costs.

    python -m evals one_new_label [--rows 10000] [--out evals/results/one_new_label.json]

Made-up mails of twelve topics, one in a hundred labeled wrongly, judged by a loopback server that knows the topics; the
surer proposals are accepted. Then one row bears a label that the data did not have; then the guideline gets a blank
line. The share is of the first run's calls.
"""

from __future__ import annotations

import argparse
import csv
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from errata.agent.decisions import by_rule
from errata.agent.decisions.approval import Signer
from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.settings import Settings
from evals.result import write_result
from tests.conftest import stub_server

SEED, TOPICS, WORDS, WRONG = 0, 12, 40, 100
NEW = "miscellany"
Row = tuple[str, str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=Path("evals/results/one_new_label.json"))
    options = parser.parse_args()
    figures = measure(options.rows)
    for name, value in figures.items():
        print(f"{name:36}{value}")
    write_result(options.out, figures, seed=SEED)


def mails(count: int) -> list[Row]:
    """Id, text, given label; one in ``WRONG`` bears another topic's label."""
    rng = random.Random(SEED)
    names = [f"topic {chr(ord('a') + number)}" for number in range(TOPICS)]
    words = {name: [f"{chr(ord('a') + n)}{rng.randrange(10**6)}" for _ in range(WORDS)] for n, name in enumerate(names)}
    rows = []
    for i in range(count):
        topic = names[i % TOPICS]
        given = rng.choice([name for name in names if name != topic]) if i % WRONG == 0 else topic
        rows.append((f"m{i}", f"{' '.join(rng.choices(words[topic], k=8))} about {topic}", given))
    return rows


def measure(count: int) -> dict[str, Any]:
    rows = mails(count)
    with tempfile.TemporaryDirectory() as folder, stub_server(Path(folder) / "requests.log") as judge:
        data, guideline = Path(folder) / "mail.csv", Path(folder) / "guideline.md"
        guideline.write_text("A mail is of the topic that it is about.\nAnything else is an error.\n")
        columns = {"text": "text", "label": "label", "id": "id", "embedder": "plain", "guideline": guideline}
        settings = Settings.model_validate(columns | {"judge": (judge.spec,), "costs": {"break_right": 1.0}})

        first, first_s = run(rows, data, settings)
        by_rule.decide_where(first, Signer("eval", "a script"), True, "outcome == 'relabel'")
        decided = len(first.decisions())
        first.close()
        first_calls = len(judge.requests())

        changed = count // 2 + 1  # one that was labeled rightly
        rows[changed] = (*rows[changed][:2], NEW)
        second, second_s = run(rows, data, settings)
        stand = len(second.decisions())
        second.close()
        second_calls = len(judge.requests()) - first_calls

        guideline.write_text(guideline.read_text().replace("\n", "\n\n", 1))
        third, _ = run(rows, data, settings)
        after_blank_line = len(third.decisions())
        third.close()
        third_calls = len(judge.requests()) - first_calls - second_calls
    return {
        "rows": count,
        "labels": TOPICS,
        "calls": first_calls,
        "decided": decided,
        "calls_after_one_new_label": second_calls,
        "share_repeated": round(second_calls / first_calls, 5),
        "decided_after_one_new_label": stand,
        "calls_after_a_blank_line": third_calls,
        "reopened_by_a_blank_line": stand - after_blank_line,
        "seconds": round(first_s, 1),
        "seconds_after_one_new_label": round(second_s, 1),
    }


def run(rows: list[Row], data: Path, settings: Settings) -> tuple[Workspace, float]:
    """A run over the rows as they are now, and the seconds it took."""
    with data.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text", "label"), *rows])
    started = time.monotonic()
    workspace = begin(data, settings)
    drive(workspace, lambda step, done, total: None)
    return workspace, time.monotonic() - started

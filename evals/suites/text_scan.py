"""From a CSV of short texts to proposals by a scan: CPU, wall time, memory, and the share of each step.

    python -m evals text_scan [--items 50000] [--out evals/results/text_scan.json]

Made texts of ten words, seven of them from the words of their topic; ten topics, 5% under a wrong label. Everything is
done that ``errata scan`` does, the embedding of the default encoder first of all. A step ends when the next reports.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.agent.views.status import status_of
from errata.settings import Settings
from evals.data.made_texts import WORDS
from evals.result import write_result

SEED, TOPICS, WRONG = 0, 10, 0.05
OWN, OTHER = 7, 3
MORE = [
    "price",
    "person",
    "street",
    "music",
    "water",
    "light",
    "number",
    "paper",
    "school",
    "friend",
    "money",
    "letter",
]


class Steps:
    """A Progress that notes the CPU seconds of each step."""

    def __init__(self) -> None:
        self.cpu_s: dict[str, float] = {}
        self._last = time.process_time()

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.process_time()
        self.cpu_s[step] = self.cpu_s.get(step, 0.0) + now - self._last
        self._last = now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--out", type=Path, default=Path("evals/results/text_scan.json"))
    options = parser.parse_args()
    figures = measured(options.items)
    for name, value in figures.items():
        print(f"{name:28} {value}")
    write_result(options.out, figures, seed=SEED)


def measured(items: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "texts.csv"
        wrong = write(data, items)
        before, started, steps = time.process_time(), time.monotonic(), Steps()
        with closing(begin(data, Settings.model_validate({"text": "text", "label": "label"}))) as workspace:
            drive(workspace, steps)
            found = status_of(workspace)
        cpu_s = time.process_time() - before
    embedding = steps.cpu_s.get("embed", 0.0)
    return {
        "items": items,
        "wrong": wrong,
        "relabels": found["outcomes"].get("relabel", 0),
        "cpu_s": round(cpu_s, 1),
        "wall_s": round(time.monotonic() - started, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "cpu_s_of_steps": {step: round(seconds, 1) for step, seconds in steps.cpu_s.items()},
        "embedding_ms_an_item": round(1000 * embedding / items, 2),
        "all_else_ms_an_item": round(1000 * (cpu_s - embedding) / items, 2),
    }


def write(path: Path, items: int) -> int:
    """Write the texts; returns how many labels are wrong."""
    rng = random.Random(SEED)
    pool = WORDS + MORE
    words = [rng.sample(pool, 6) for _ in range(TOPICS)]
    wrong = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        for number in range(items):
            topic = number % TOPICS
            text = rng.choices(words[topic], k=OWN) + rng.choices(pool, k=OTHER)
            given = (topic + rng.randrange(1, TOPICS)) % TOPICS if rng.random() < WRONG else topic
            wrong += given != topic
            writer.writerow((" ".join(rng.sample(text, len(text))), f"topic {given}"))
    return wrong


if __name__ == "__main__":
    main()

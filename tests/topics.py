"""A small dataset for tests: short texts of three topics, some of them labeled wrongly on purpose."""

from __future__ import annotations

import csv
import random
from pathlib import Path

WORDS = {
    "animals": "cat dog horse cow sheep goat lion tiger bear wolf fox hare mouse",
    "food": "bread cheese apple soup rice cake butter salt sugar bean onion pear",
    "travel": "train plane ticket hotel harbour road map luggage bridge ferry border visa",
}


def write_topics(path: Path, rows: int = 150, wrong: int = 6, seed: int = 0, extra: int = 0) -> dict[str, str]:
    """Write ``id,message,topic``; returns the true topic of each id. ``extra`` rows come at the end, all right.

    The first ``rows`` rows are the same for a seed, however many extra ones follow.
    """
    rng = random.Random(seed)
    truth, lines = {}, []
    for i in range(rows + extra):
        topic = sorted(WORDS)[i % 3]
        text = " ".join(rng.choices(WORDS[topic].split(), k=6)) + f" about {topic}"
        given = topic if i >= wrong else sorted(WORDS)[(i + 1) % 3]
        truth[f"m{i}"] = topic
        lines.append((f"m{i}", text, given))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "message", "topic"), *lines])
    return truth

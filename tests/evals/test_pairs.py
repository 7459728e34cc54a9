"""The measurement of pairs: rounds of one caption a picture, and what a recorded judge flags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evals.other_tasks.claimed_pairs import one_of_each
from evals.suites.pairs import JUDGE, repope


def test_every_caption_counts_once_and_each_picture_stands_once_in_a_round() -> None:
    image_N = np.array([0, 1, 1, 2, 1, 2])
    rounds = one_of_each(image_N)
    assert all(sorted(image_N[rows]) == [0, 1, 2] for rows, _ in rounds) and len(rounds) == 3
    assert sorted(np.concatenate([rows[counted] for rows, counted in rounds])) == list(range(6))


def test_marks_are_flagged_where_the_judge_says_otherwise(tmp_path: Path) -> None:
    rows = [("a", "yes", "no", True), ("b", "yes", "no", False), ("c", "yes", "yes", True), ("d", "no", "yes", None)]
    table = {
        "id": [row[0] for row in rows],
        "judge": [JUDGE] * 4,
        "dataset": ["repope_random"] * 4,
        "input": ["Is there an apple in the image?"] * 4,
        "given_label": [row[1] for row in rows],
        "judge_label": [row[2] for row in rows],
        "given_is_error": [row[3] for row in rows],
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    found = repope(tmp_path / "a.parquet")
    assert found == {
        f"{JUDGE} random marked": {"marks": 3, "wrong": 2, "right": 1, "false": 1},
        "of_mark": {"apple": [1, 1]},
    }

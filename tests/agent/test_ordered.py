"""Ordered labels through a run: what is farthest from the truth is reviewed first."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from errata.agent.actions.perform import perform
from errata.agent.actions.reviewing import REVIEW
from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.settings import Settings
from tests.by_hand import closed_later, session_of

NEAR, FAR = ("r10", "r20", "r30"), ("r50", "r60", "r70")


def test_far_mistakes_come_before_near_ones(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    true_N = np.arange(200) % 5
    vectors_ND = np.eye(5)[true_N] + rng.normal(size=(200, 5)) * 0.1
    np.save(tmp_path / "v.npy", vectors_ND.astype(np.float32))
    given_N = true_N + 1
    for name in NEAR:
        given_N[int(name[1:])] = 2  # where it is 1
    for name in FAR:
        given_N[int(name[1:])] = 5
    with (tmp_path / "d.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text", "stars"), *((f"r{n}", f"t{n}", g) for n, g in enumerate(given_N))])
    typed = {"text": "text", "label": "stars", "id": "id", "embeddings": str(tmp_path / "v.npy"), "task": "ordered"}
    workspace = closed_later(begin(tmp_path / "d.csv", Settings.model_validate(typed)))
    drive(workspace, no_progress)
    first = [item for item, _ in perform(REVIEW, session_of(workspace)).spots][:6]
    assert set(first[:3]) == set(FAR) and set(first[3:]) == set(NEAR)

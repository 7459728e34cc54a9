"""Labels in a tree through a run: where two siblings are as likely, at least their parent is told."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.settings import Settings
from tests.by_hand import closed_later

LABELS = ("animals > cat", "animals > dog", "plants > oak", "plants > elm")


def test_a_change_that_is_sure_in_its_parent_only_names_the_parent(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    true_N = np.arange(240) % 4
    probs_NK = np.full((240, 4), 0.01) + 0.96 * np.eye(4)[true_N] + rng.uniform(0, 0.001, (240, 4))
    given_N = true_N.copy()
    for n in range(0, 120, 4):
        given_N[n], probs_NK[n] = 2, (0.5, 0.498, 0.001, 0.001)  # an animal, labeled oak
        given_N[n + 2], probs_NK[n + 2] = 3, (0.001, 0.001, 0.9, 0.098)  # an oak, labeled elm
    np.save(tmp_path / "p.npy", (probs_NK / probs_NK.sum(axis=1, keepdims=True)).astype(np.float32))
    order = sorted(LABELS)
    with (tmp_path / "d.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [(f"r{n}", f"text {n}", LABELS[g]) for n, g in enumerate(given_N)]
        csv.writer(file).writerows([("id", "text", "kind"), *rows])
    columns = np.load(tmp_path / "p.npy")[:, [LABELS.index(name) for name in order]]
    np.save(tmp_path / "p.npy", columns)
    typed = {"text": "text", "label": "kind", "id": "id", "probs": str(tmp_path / "p.npy"), "hierarchy": " > "}
    workspace = closed_later(begin(tmp_path / "d.csv", Settings.model_validate(typed)))
    drive(workspace, no_progress)
    proposals = workspace.store.proposals(workspace.run.run_id)
    told = {i for i, proposal in proposals.items() if "it is almost surely under animals (0.9" in proposal.reason}
    assert told and told <= set(range(0, 120, 4)) and {proposals[i].outcome for i in told} <= {"ambiguous", "relabel"}
    assert not [i for i, proposal in proposals.items() if i not in told and "almost surely under" in proposal.reason]

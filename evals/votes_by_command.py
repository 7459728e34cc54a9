"""The same votes through the command: a scan of the file, as ``errata scan --votes`` runs it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from errata.agent.actions.perform import perform
from errata.agent.actions.permission import permission_of
from errata.agent.actions.running import BEGIN, SCAN, SETTINGS
from errata.agent.actions.session import Session
from errata.agent.actions.tables import RESULTS
from errata.agent.evidence.votes import by_votes
from errata.tools.detectors.annotators.consensus import consensus
from errata.types import Int
from evals.data.votes import CLASSES, VoteTask
from evals.ranking import ap

NAMES = "".join(f'[labels.{name}]\nwas = ["{number}"]\n' for number, name in enumerate(CLASSES))
"""labels.toml: what the numbers of the votes mean."""


def by_command(path: Path, task: VoteTask, true_N: Int, given_N: Int) -> dict[str, Any]:
    """Without a label column, and beside the given labels. ``consensus`` is what the run takes as given, ``votes`` what
    it keeps of the votes alone, ``evidence`` its own quality of the given labels, and ``proposals`` what it would
    change; ``accuracy``: of the given labels, and once every proposal of a label is accepted."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(shutil.copy(path, folder))
        data.with_name("labels.toml").write_text(NAMES, encoding="utf-8")
        only, beside = (_scanned(data, label) for label in (None, "given_label"))
    majority_N = consensus(task.votes)
    same = [row["given_label"] for row in only["rows"]] == [CLASSES[k] for k in majority_N]
    figures = {
        "consensus": {
            "accuracy": round(float((majority_N == true_N).mean()), 5),
            "as_the_functions": same,
            "alpha": only["status"]["agreement"]["overall"],
        },
        "votes": {
            "accuracy": round(float((only["probs_NK"].argmax(axis=1) == true_N).mean()), 5),
            "ap": round(ap(given_N != true_N, only["probs_NK"][np.arange(len(given_N)), given_N]), 4),
        },
        "only votes": _figures(only, true_N, majority_N),
        "beside given labels": _figures(beside, true_N, given_N),
    }
    print("\nthrough the command:")
    for name, row in figures.items():
        print(f"{name:24}{row}", flush=True)
    return figures


def _scanned(data: Path, label: str | None) -> dict[str, Any]:
    typed = {
        "text": ["text", "text_b"],
        "id": "id",
        "label": label,
        "votes": ["votes"],
        "annotators": "workers",
        "labels": str(data.with_name("labels.toml")),
        "embedder": "plain",
        "judge": [],
    }
    with Session(permission_of("a script"), notify=lambda _: None) as session:
        folder = data.with_name(f"{label or 'votes'}.errata")
        settings = perform(SETTINGS, session, data=data, run_dir=folder, typed=typed)
        perform(BEGIN, session, data=data, run_dir=folder, settings=settings)
        status = perform(SCAN, session)
        probs_NK = by_votes(session.run.arrays).label_probs_NK.copy()
        return {"status": status, "rows": perform(RESULTS, session), "probs_NK": probs_NK}


def _figures(run: dict[str, Any], true_N: Int, given_N: Int) -> dict[str, Any]:
    quality_N = np.array([row["quality"] for row in run["rows"]], np.float64)
    proposed = [(n, row) for n, row in enumerate(run["rows"]) if row["outcome"] == "relabel"]
    after_N = given_N.copy()
    after_N[[n for n, _ in proposed]] = [CLASSES.index(row["proposed_label"]) for _, row in proposed]
    changed = np.array([n for n, _ in proposed], np.int64)
    return {
        "given_accuracy": round(float((given_N == true_N).mean()), 5),
        "accuracy": round(float((after_N == true_N).mean()), 5),
        "ap": round(ap(given_N != true_N, quality_N), 4),
        "proposals": len(proposed),
        "proposals_right": int((after_N == true_N)[changed].sum()),
        "wrong": int((given_N != true_N).sum()),
        "said": run["status"]["wrong"]["sentence"],
    }

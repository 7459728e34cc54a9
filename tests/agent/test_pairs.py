"""Pairs through the whole loop: scanned, judged, decided. Every row claims that its two parts fit."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import numpy as np
import pytest

from errata.agent.actions.changing import APPLY, REVERT
from errata.agent.actions.deciding import DECIDE, DECIDE_WHERE
from errata.agent.actions.history import DIFF
from errata.agent.actions.perform import perform
from errata.agent.actions.tables import RESULTS
from errata.agent.drive import drive
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace
from errata.errors import SetupError
from errata.settings import Settings
from errata.tools.features.seen_classes import class_names
from errata.tools.tasks.pair import FIT, MISFIT
from tests.by_hand import closed_later, session_of
from tests.conftest import Judge

ROWS = 200
SWAPPED = {f"p{i}" for i in random.Random(1).sample(range(ROWS), 30)}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Subjects of three things each, and bodies of the same things."""
    rng, known = random.Random(0), [name.split(",")[0] for name in class_names()]
    subjects = [", ".join(rng.sample(known, 3)) for _ in range(ROWS)]
    with (tmp_path / "mail.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "subject", "body", "label"])
        for i in range(ROWS):
            wrong = f"p{i}" in SWAPPED
            told, label = subjects[(i + 71 * wrong) % ROWS].split(", "), "no" if wrong else "yes"
            writer.writerow([f"p{i}", subjects[i], f"About {', '.join(reversed(told))}", label])
    return tmp_path / "mail.csv"


def run(data: Path, *judges: str, embedder: str | None = None, **more: object) -> Workspace:
    typed = {"text": ("subject", "body"), "id": "id", "task": "pair", "judge": judges, "embedder": embedder, **more}
    workspace = closed_later(begin(data, Settings.model_validate(typed)))
    drive(workspace, no_progress)
    return workspace


def proposed(workspace: Workspace) -> set[str]:
    rows = perform(RESULTS, session_of(workspace))
    return {row["item_id"] for row in rows if row["outcome"] == "relabel" and row["proposed_label"] == MISFIT}


def test_pairs_that_do_not_fit_are_proposed_and_decided_and_the_source_is_left_alone(data: Path) -> None:
    workspace, before = run(data), data.read_bytes()
    found = proposed(workspace)
    assert len(found & SWAPPED) > 0.6 * len(SWAPPED) and len(found & SWAPPED) > 0.8 * len(found)
    session, wrong = session_of(workspace), min(SWAPPED)
    perform(DECIDE, session, item_id=wrong, answer="label", label=MISFIT)
    perform(DECIDE_WHERE, session, accept=True, where="outcome == 'relabel'")
    assert {(line.item_id, line.old, line.new) for line in perform(DIFF, session)} == {
        (item, FIT, MISFIT) for item in {wrong, *found}
    }
    applied = perform(APPLY, session)
    with applied.output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"] for row in rows if row["fit"] == MISFIT} == {wrong, *found}
    assert {row["fit"] for row in rows} == {FIT, MISFIT}
    perform(REVERT, session)
    assert applied.output.read_bytes() == data.read_bytes() == before


def test_a_run_that_was_stopped_after_its_features_goes_on_with_those_of_each_part(data: Path) -> None:
    first = run(data)
    probs_NK = np.array(first.arrays.load("probs"))
    first.arrays.remove("probs")
    first.arrays.remove("pair_fit.quality")
    first.close()
    assert (np.array(run(data).arrays.load("probs")) == probs_NK).all()


def test_without_a_witness_the_scan_ranks_and_the_judge_alone_proposes_for_a_person(data: Path, judge: Judge) -> None:
    assert not proposed(run(data, embedder="plain"))
    workspace = run(data, judge.spec, embedder="plain")
    assert {one.protocol for one in Snapshot.of(workspace).verdicts} == {"pair_fits"}
    asked = {workspace.rows()[one.idx].item_id for one in Snapshot.of(workspace).verdicts}
    assert proposed(workspace) == asked & SWAPPED and asked & SWAPPED
    done = perform(DECIDE_WHERE, session_of(workspace), accept=True, where="outcome == 'relabel'")
    assert done.decided == 0 and done.judge_alone == len(asked & SWAPPED)


def test_a_judge_and_a_witness_together_can_be_accepted_by_a_rule(data: Path, judge: Judge) -> None:
    workspace = run(data, judge.spec)
    done = perform(DECIDE_WHERE, session_of(workspace), accept=True, where="outcome == 'relabel'")
    assert done.decided > 0.6 * len(SWAPPED)


def test_a_column_that_says_which_match_is_read_as_single_labels(data: Path) -> None:
    workspace = run(data, label="label")
    assert workspace.run.label_space.names == ("yes", "no") and workspace.run.label_space.task == "match"
    assert workspace.settings.protocols == ("blind_choice", "contest", "steering")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": ("subject",)}, "got 1 texts and 0 images: subject"),
        ({"text": ("subject", "body", "label")}, "got 3 texts and 0 images"),
        ({"text": (), "image": ("subject",)}, "got 0 texts and 1 images"),
        ({"embeddings": "vectors.npy"}, "Leave --embeddings out"),
    ],
)
def test_what_is_no_pair_is_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: dict[str, object], message: str
) -> None:
    np.save(tmp_path / "vectors.npy", np.eye(ROWS, dtype=np.float32))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SetupError, match=message):
        run(data, **columns)  # type: ignore[arg-type]  # settings by name

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from errata.agent.contributions import Features, Judging, Plan, Profile
from errata.agent.decisions.approval import Signer, decide
from errata.agent.decisions.by_rule import decide_where
from errata.agent.evidence.error_count import given_holds, wrong_labels
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.agent.views.report import summarize, write_run_report
from errata.agent.views.report_items import TEXT_CHARS
from errata.errors import SetupError
from errata.settings import Settings, load_settings
from errata.tools.report.data import Asked, Flow
from errata.types import Basis, PromptRef, Proposal, Verdict
from tests.by_hand import somebody

ROWS = (
    ("a", "the cat sat", "cat"),
    ("b", "a dog ran", "cat"),
    ("c", "the dog slept", "dog"),
    ("d", "", "dog"),
    ("e", "no label here", ""),
    ("f", "cats and dogs", "dog"),
    ("g", "x" * 5000, "cat"),
    ("h", "a stone", "cat"),
)
BOTH: Basis = "scan and judge"
PROPOSALS = (
    Proposal(0, None, "dog", 0.98, 0.98, ""),
    Proposal(1, "relabel", "dog", 0.9, 0.1, "the judge, not shown the given label, said dog (0.97)", basis=BOTH),
    Proposal(2, None, "cat", 0.95, 0.95, ""),
    Proposal(3, None, None, 0.0, math.nan, "the text is empty"),
    Proposal(4, None, None, 0.0, math.nan, "no given label"),
    Proposal(
        5, "several", "cat", 0.8, 0.6, "the judge, not shown the given label, said several labels (0.90)", basis=BOTH
    ),
    Proposal(6, "ambiguous", "dog", 0.5, 0.4, "7 of 10 neighbors are labeled dog"),
    Proposal(7, "none_of_these", "dog", 0.9, 0.05, "the judge, not shown the given label, said none of these (0.95)"),
)
BLIND = PromptRef("blind_choice", "v1", "ab" * 32)
FEATURES = Features(name="all-MiniLM-L6-v2", strength="semantic", embedded=7)
LEFT = (
    Profile(without_label=1),
    FEATURES,
    Plan(detectors=("confident_learning",), reasons=("confident_learning: says why",)),
    Judging(calls=5, tokens=600, usd=0.25, stopped="The budget of 5 calls leaves no room"),
)


def write_csv(path: Path) -> Path:
    lines = ["id,text,label", *(",".join(row) for row in ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def settings() -> Settings:
    return load_settings(id="id", text="text", label="label", judge=("tiny@http://localhost:1/v1",))


def verdict(idx: int, readable: bool = True, cached: bool = False) -> Verdict:
    log_probs = {"dog": 0.0} if readable else {}
    return Verdict(idx, "tiny", "blind_choice", BLIND, log_probs, "B", ("k1", "k2"), tokens=100, cached=cached)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A run whose scan, two judged items, and proposals were put into the store by hand."""
    made = begin(write_csv(tmp_path / "pets.csv"), settings(), tmp_path / "run")
    given_N = np.maximum(Snapshot.of(made).given_N, 0)
    made.arrays.save("probs", np.eye(2, dtype=np.float32)[given_N] * 0.8 + 0.1)
    made.arrays.save("confident_learning.flag", np.arange(len(ROWS)) == 2)
    made.add_contributions("somebody", *LEFT)
    run_id = made.run.run_id
    made.store.set_suspicion(run_id, [1, 7, 6, 5])
    made.store.add_verdicts(run_id, [verdict(1), verdict(5, cached=True), verdict(7, readable=False)])
    made.store.set_proposals(run_id, PROPOSALS)
    yield made
    made.close()


def me(workspace: Workspace) -> Signer:
    return somebody(workspace)


def test_all_evidence_counts_and_the_scan_s_favorites_only_where_no_judge_has_looked(workspace: Workspace) -> None:
    all_N, favorite_N = given_holds(Snapshot.of(workspace))
    assert all_N == pytest.approx([p.quality for p in PROPOSALS], nan_ok=True)
    assert favorite_N[[1, 5]] == pytest.approx(all_N[[1, 5]])
    assert favorite_N[7] == 1.0, "an answer that nobody can read is no look"


def test_the_count_is_of_labeled_readable_items(workspace: Workspace) -> None:
    found = summarize(workspace)
    assert found.wrong == wrong_labels(Snapshot.of(workspace))
    assert found.wrong.items == 6
    assert found.first_line == found.wrong.sentence
    # By all evidence: 0.02 + 0.9 + 0.05 + 0.4 + 0.6 + 0.95.
    assert found.wrong.estimate == pytest.approx(2.92)
    assert found.wrong.low < 2.92 < found.wrong.high


def test_each_class_has_its_noise_and_its_rival(workspace: Workspace) -> None:
    cat, dog = summarize(workspace).classes
    assert (cat.label, cat.wrong.items, cat.proposals, cat.rival, cat.rival_items) == ("cat", 4, 3, "dog", 2)
    assert (dog.label, dog.wrong.items, dog.proposals, dog.rival, dog.rival_items) == ("dog", 2, 1, None, 0)


def test_the_flow_goes_from_given_to_proposed(workspace: Workspace) -> None:
    assert summarize(workspace).flows == (
        Flow("cat", "ambiguous", "dog", 1),
        Flow("cat", "none_of_these", None, 1),
        Flow("cat", "relabel", "dog", 1),
        Flow("dog", "several", None, 1),
    )


def test_the_worst_items_come_first_with_their_content(workspace: Workspace) -> None:
    worst = summarize(workspace).worst
    assert [item.item_id for item in worst] == ["h", "b", "g", "f"]
    assert (worst[1].parts[0].text, worst[1].given_label, worst[1].proposed_label) == ("a dog ran", "cat", "dog")
    assert (len(worst[2].parts[0].text or ""), worst[2].parts[0].text_chars) == (TEXT_CHARS, 5000)


def test_what_was_asked_and_paid_is_counted(workspace: Workspace) -> None:
    judging = summarize(workspace).judging
    assert judging.asked == (
        Asked("tiny", "blind_choice", *BLIND, items=3, unreadable=1, calls=6, reused=1, tokens=300),
    )
    assert (judging.calls, judging.tokens, judging.cost_usd) == (5, 600, 0.25)
    assert (judging.suspects, judging.waiting) == (4, 1)
    assert judging.stopped == "The budget of 5 calls leaves no room"


def test_unreadable_and_unlabeled_items_are_counted_and_listed(workspace: Workspace) -> None:
    profile = summarize(workspace).profile
    assert (profile.items, profile.unreadable_items, profile.without_label) == (8, 1, 1)
    assert [(row.item_id, row.problem) for row in profile.unreadable] == [("d", "the text is empty")]


def test_a_decision_closes_its_proposal_and_shows_how_it_was_looked_at(workspace: Workspace) -> None:
    before = summarize(workspace)
    assert before.open == {"relabel": 1, "several": 1, "ambiguous": 1, "none_of_these": 1}
    decide(workspace, me(workspace), "g", "label", "cat")
    decide(workspace, me(workspace), "h", "cannot_tell")
    decide_where(workspace, me(workspace), accept=False, where="outcome == 'relabel'")
    found = summarize(workspace)
    assert found.open == {"several": 1}
    assert {(row.answer, row.looked, row.items) for row in found.decided} == {
        ("the given label holds", "item", 1),
        ("cannot tell", "item", 1),
        ("the given label holds", "rule", 1),
    }
    assert [item.decided for item in found.worst] == [
        "ann said: cannot tell",
        "ann said: the given label holds",
        "ann said: the given label holds",
        None,
    ]
    assert found.statuses["decided"] == 3


def test_the_page_and_the_json_file_lie_in_the_run_folder(workspace: Workspace) -> None:
    write_run_report(workspace)
    folder = workspace.folder.path
    assert json.loads((folder / "report.json").read_bytes())["first_line"] == summarize(workspace).first_line
    assert "pets.csv" in (folder / "report.html").read_text(encoding="utf-8")


def test_data_that_has_changed_since_leaves_a_report_without_content(workspace: Workspace, tmp_path: Path) -> None:
    with (tmp_path / "pets.csv").open("a", encoding="utf-8") as file:
        file.write("i,one more,cat\n")
    workspace = Workspace(workspace.store, workspace.run)
    worst = summarize(workspace).worst
    assert [item.parts for item in worst] == [()] * 4
    assert "has changed since this run was started" in str(worst[0].missing)


def test_missing_data_leaves_a_report_without_content(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "pets.csv").unlink()
    workspace = Workspace(workspace.store, workspace.run)
    assert all(item.missing for item in summarize(workspace).worst)


def test_a_run_without_proposals_has_nothing_to_report(workspace: Workspace) -> None:
    workspace.store.set_proposals(workspace.run.run_id, ())
    with pytest.raises(SetupError, match="Go on: errata run"):
        summarize(workspace)


def test_only_plain_features_of_images_know_looks_alone(workspace: Workspace) -> None:
    workspace.add_contributions("somebody", FEATURES.model_copy(update={"strength": "plain"}))
    assert not summarize(workspace).features.only_looks


def test_images_are_shown_small_and_a_broken_one_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    for label, name in (("cat", "one"), ("dog", "two")):
        (folder / label).mkdir(parents=True)
        Image.effect_noise((900, 450), 90).save(folder / label / f"{name}.jpg")
    broken = folder / "dog" / "two.jpg"
    # Intact at both ends, so that only decoding reveals the damage.
    data = broken.read_bytes()
    broken.write_bytes(data[:700] + bytes([0xFF, 0xC4]) * 200 + data[-100:])
    made = begin(folder, load_settings(), tmp_path / "run")
    made.arrays.save("probs", np.full((2, 2), 0.5, np.float32))
    made.add_contributions("somebody", *LEFT, Plan(), Features(name="plain image features", strength="plain"))
    proposals = [Proposal(idx, "ambiguous", None, 0.5, 0.1 + idx / 10, "") for idx in range(2)]
    made.store.set_proposals(made.run.run_id, [replace(p, proposed_label="dog") for p in proposals])
    found = summarize(made)
    made.close()
    assert found.features.only_looks
    assert found.profile.modality == "image"
    shown = Image.open(io.BytesIO(base64.b64decode(str(found.worst[0].parts[0].image))))
    assert (shown.format, shown.size) == ("PNG", (336, 168))
    assert found.worst[1].parts[0].image is None
    assert "image" in str(found.worst[1].parts[0].missing)

"""Several files, label columns, copies, and runs share folders without being confused."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from errata.agent.decisions import approval
from errata.agent.decisions.apply import apply, changes
from errata.agent.decisions.revert import revert
from errata.agent.drive import drive
from errata.agent.run.begin import begin, stored_settings
from errata.agent.run.free_space import free, to_free
from errata.agent.run.list_runs import runs_of
from errata.agent.run.workspace import Workspace, open_run
from errata.errors import SetupError
from errata.settings import Settings
from errata.tools.store.run_folder import RunFolder, find_run
from tests.by_hand import closed_later, somebody
from tests.conftest import Judge
from tests.topics import WORDS, write_topics


def silent(*_: object) -> None:
    pass


def run(data: Path, *judges: str, label: str = "topic", folder: Path | None = None, **more: object) -> Workspace:
    values = {"label": label, "text": "message", "id": "id", "embedder": "plain", "judge": judges}
    workspace = begin(data, Settings.model_validate(values | {"random_share": 0.0} | more), folder, silent)
    drive(workspace, silent)
    return closed_later(workspace)


def decide(workspace: Workspace, item: str, label: str, by: str = "ann") -> int:
    return approval.decide(workspace, somebody(workspace, by), item, "label", label)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """``topic``, ``urgent`` and ``tone``: three label columns, the last two of which share a word."""
    write_topics(tmp_path / "mail.csv", rows=60)
    rows = list(csv.reader((tmp_path / "mail.csv").read_text(encoding="utf-8").splitlines()))
    rows[0] += ["urgent", "tone"]
    for i, row in enumerate(rows[1:]):
        row += [("yes", "no")[i % 3 == 0], ("angry", "no")[i % 3 == 0]]
    with (tmp_path / "mail.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "mail.csv"


def labels_of(path: Path, column: str) -> list[str]:
    return [row[column] for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())]


def test_a_decision_is_about_one_label_column(data: Path) -> None:
    urgent = run(data, label="urgent")
    decide(urgent, "m0", "yes")
    urgent.close()
    tone = run(data, label="tone")
    assert tone.decisions() == {} and changes(tone) == []
    applied = apply(tone)
    assert applied.changed == 0 and applied.output.read_bytes() == data.read_bytes()
    tone.close()


def test_the_second_label_column_builds_on_the_first_and_each_is_undone_alone(data: Path) -> None:
    source = data.read_bytes()
    topic = run(data)
    decide(topic, "m0", "animals")
    apply(topic)
    topic.close()
    urgent = run(data, label="urgent")
    decide(urgent, "m1", "no")
    both = apply(urgent)
    assert both.beside == ("topic",)
    assert (labels_of(both.output, "topic")[0], labels_of(both.output, "urgent")[1]) == ("animals", "no")
    urgent.close()
    topic = open_run(RunFolder(data.with_name("mail.errata")), data=data, label="topic", notify=silent)
    decide(topic, "m2", "travel")
    again = apply(topic)
    assert again.beside == ("urgent",)
    assert (labels_of(again.output, "topic")[2], labels_of(again.output, "urgent")[1]) == ("travel", "no")
    revert(topic)
    assert labels_of(again.output, "topic")[0] == "food" and labels_of(again.output, "urgent")[1] == "no"
    assert revert(topic).identical is False  # the patch of urgent was made on top of topic's
    assert again.output.read_bytes() == source
    topic.close()


def test_two_files_that_share_a_stem_do_not_share_a_run(data: Path) -> None:
    first = run(data)
    decide(first, "m0", "animals")
    first.close()
    other = data.with_suffix(".tsv")
    other.write_text(data.read_text(encoding="utf-8").replace(",", "\t"), encoding="utf-8")
    second = run(other)
    assert second.folder.path != first.folder.path and second.decisions() == {}
    second.close()
    assert find_run(str(data), data.parent).folder == first.folder
    assert find_run(str(other), data.parent).folder == second.folder


def test_a_copied_project_works_on_itself_and_never_on_the_original(data: Path) -> None:
    project = data.parent / "project"
    project.mkdir()
    data = data.rename(project / "mail.csv")
    workspace = run(data)
    decide(workspace, "m0", "animals")
    apply(workspace)
    workspace.close()
    before = {file.name: file.read_bytes() for file in project.glob("*.csv")}
    copy = project.with_name("copy")
    shutil.copytree(project, copy)
    copied = open_run(find_run(None, copy).folder, notify=silent)
    revert(copied)
    applied = apply(copied, in_place=True)
    assert applied.output == copy / "mail.csv"
    assert labels_of(copy / "mail.csv", "topic")[0] == "animals"
    assert {file.name: file.read_bytes() for file in project.glob("*.csv")} == before
    copied.close()


def test_a_moved_project_continues(data: Path) -> None:
    workspace = run(data)
    decide(workspace, "m0", "animals")
    apply(workspace)
    workspace.close()
    elsewhere = data.parent / "elsewhere"
    elsewhere.mkdir()
    for name in ("mail.csv", "mail.errata", "mail.relabeled.csv"):
        shutil.move(data.with_name(name), elsewhere / name)
    moved = open_run(find_run(str(elsewhere / "mail.csv"), elsewhere).folder, notify=silent)
    assert revert(moved).identical
    assert apply(moved).output == elsewhere / "mail.relabeled.csv"
    moved.close()


def test_a_scan_after_a_judged_run_does_not_hide_it(data: Path, judge: Judge) -> None:
    judged = run(data, judge.spec)
    decide(judged, "m0", "animals")
    judged.close()
    scanned = run(data)
    assert scanned.run.run_id != judged.run.run_id
    decide(scanned, "m1", "food")
    scanned.close()
    told: list[str] = []
    found = open_run(RunFolder(data.with_name("mail.errata")), data=data, notify=told.append)
    assert found.run.run_id == judged.run.run_id and "newest with a judge" in told[0]
    assert {decision.item_id for decision in found.decisions().values()} == {"m0", "m1"}
    found.close()
    assert stored_settings(data, None)["judge"] == [judge.spec]


def test_what_was_typed_is_compared_with_the_run_that_is_taken(data: Path) -> None:
    folder = data.with_name("shared.errata")
    run(data, folder=folder).close()
    run(data, label="urgent", folder=folder).close()
    other = data.with_name("other.csv")
    shutil.copy(data, other)
    with pytest.raises(SetupError, match=r"holds runs of .*mail\.csv, none of"):
        open_run(RunFolder(folder), data=other, notify=silent)
    with pytest.raises(SetupError, match=r"no run of the label column 'urgnt' \(nearest: 'urgent'\)"):
        open_run(RunFolder(folder), label="urgnt", notify=silent)
    told: list[str] = []
    found = open_run(RunFolder(folder), notify=told.append)
    assert found.run.label_column == "urgent" and "--label topic" in told[0]
    found.close()


def test_a_dated_export_continues_in_the_same_folder_and_says_what_it_knows(data: Path) -> None:
    first = run(data)
    decide(first, "m0", "animals")
    first.close()
    export = data.with_name("mail-2026-12-01.csv")
    export.write_text(
        data.read_text(encoding="utf-8") + "m60,a new cat about animals,animals,no,no\n", encoding="utf-8"
    )
    told: list[str] = []
    settings = Settings.model_validate({"label": "topic", "text": "message", "id": "id", "embedder": "plain"})
    second = begin(export, settings, first.folder.path, told.append)
    assert "60 of 61 rows are known" in told[0]
    assert {decision.item_id for decision in second.decisions().values()} == {"m0"}
    second.close()


def test_pruning_frees_what_another_run_has_taken_the_place_of(data: Path) -> None:
    run(data).close()
    data.write_text(data.read_text(encoding="utf-8") + "m60,a new cat about animals,animals,no,no\n", encoding="utf-8")
    run(data).close()
    folder = RunFolder(data.with_name("mail.errata"))
    assert [one["goes_on"] for one in runs_of(folder)] == [False, True]
    found = to_free(folder)
    assert [one.path.name for one in found] == ["run-1"] and free(folder, found) > 0
    assert not folder.arrays(1).exists() and folder.arrays(2).exists()
    assert to_free(folder) == []


@pytest.mark.parametrize(
    ("before", "after", "lapse"),
    [
        ("Be kind.", "Be  kind.\n\n", None),
        ("Be kind.", "Be strict.", "the guideline has changed"),
    ],
)
def test_a_decision_lapses_with_a_line_and_white_space_voids_nothing(
    data: Path, before: str, after: str, lapse: str | None
) -> None:
    guideline = data.with_name("guide.md")
    guideline.write_text(before, encoding="utf-8")
    first = run(data, guideline=guideline)
    decide(first, "m0", "animals")
    first.close()
    guideline.write_text(after, encoding="utf-8")
    told: list[str] = []
    values = {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "guideline": guideline}
    second = begin(data, Settings.model_validate(values), None, told.append)
    assert bool(second.decisions()) == (lapse is None)
    assert [str(lapse) in line and line.startswith("1 decision") for line in told] == ([True] if lapse else [])
    second.close()


def test_a_label_renamed_added_or_removed_elsewhere_voids_no_decision(data: Path) -> None:
    first = run(data)
    decide(first, "m0", "animals")
    first.close()
    text = data.read_text(encoding="utf-8")
    topics = sorted(WORDS)
    data.write_text(text.replace(",food,", ",meals,") + "m60,a new thing,news,no,no\n", encoding="utf-8")
    labels = data.with_name("labels.toml")
    tables = "\n".join(f"[labels.{name}]" for name in ("animals", "travel", "news"))
    labels.write_text(f'{tables}\n[labels.meals]\nwas = ["food"]\n', encoding="utf-8")
    second = run(data, labels=labels)
    assert topics == ["animals", "food", "travel"]
    assert [(d.item_id, d.given_label, d.label) for d in second.decisions().values()] == [("m0", "meals", "animals")]
    second.close()

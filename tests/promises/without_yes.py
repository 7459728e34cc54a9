"""Nothing changes without your yes: only what a person decided, about this item, this column, these labels, is applied.

In brackets: the kinds of failure in issue 11, and rows in its log of field cases.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from unittest.mock import patch

from tests.inputs import TOPICS, mail_rows, table_bytes, write_files
from tests.promises.project import COLUMNS, Project, decide_by_hand, named_mail, write_mail, write_shapes

LABELS = "".join(f'[labels.{topic}]\ndefinition = "about {topic}"\n' for topic in TOPICS)


def two_questions(project: Project) -> bytes:
    """[row 1] Columns spam, rude and tone; 3 of spam are wrong, none of the others."""
    rows = []
    for i, (key, text, _) in enumerate(mail_rows(45, wrong=0)):
        true = TOPICS[i % 3]
        spam = (true == "space") != (i in (3, 11, 30))
        rows.append((key, text, *("yes" if answer else "no" for answer in (spam, true != "kitchen"))))
        rows[-1] += ("angry" if true == "sport" else "no",)
    data = table_bytes(rows, header=("id", "text", "spam", "rude", "tone"))
    write_files(project.place, {"mail.csv": data})
    return data


def another_question_about_the_same_texts(project: Project) -> None:
    """[1; row 1] Accepting one column's proposals does not accept another's."""
    data = two_questions(project)
    project.scan(label="spam")
    project.accept("mail.csv", "--label", "spam")
    assert project.diff("mail.csv", "--label", "spam")
    for label in ("rude", "tone"):
        assert project.scan(label=label)["decided"] == 0
        assert project.diff("mail.csv", "--label", label) == []
        project.did("apply", "mail.csv", "--label", label, "-o", f"{label}.csv")
        assert project.bytes(f"{label}.csv") == data


def another_question_about_the_same_texts_is_judged(project: Project) -> None:
    """[1; row 1] One column's settled items are no evidence for another column: the results are the same as in a fresh
    folder."""
    two_questions(project)
    project.run(label="rude")
    fresh = project.results("mail.csv", "--label", "rude")
    shutil.rmtree(project / "mail.errata")
    project.run(label="spam")
    project.accept("mail.csv", "--label", "spam")
    project.run(label="rude")
    assert project.results("mail.csv", "--label", "rude") == fresh


def a_definition_changed(project: Project) -> None:
    """[1] Decisions made under the old definition lapse, and errata says so; the others remain."""
    write_mail(project)
    write_files(project.place, {"labels.toml": LABELS.encode()})
    project.scan("mail.csv", "label", "--labels", "labels.toml")
    project.accept()
    changes = project.diff()
    (project / "labels.toml").write_text(LABELS.replace("about space", "about flights"))
    said = project.did("scan", "mail.csv", *COLUMNS, "--label", "label", "--labels", "labels.toml")
    held = [change for change in changes if "space" not in change[1:]]
    assert len(held) == 1 and project.diff() == held
    assert re.search(r"\b[12] decisions\b", said.words), said


def a_class_is_gone(project: Project) -> None:
    """[1] A decision for a label that the data no longer has is not applied, and errata says so."""
    project_rows = mail_rows(45)
    write_mail(project, project_rows)
    project.scan()
    project.accept()
    changes = project.diff()
    write_mail(project, [(key, text, "sport" if label == "space" else label) for key, text, label in project_rows])
    said = project.did("scan", "mail.csv", *COLUMNS, "--label", "label")
    held = [change for change in changes if "space" not in change[1:]]
    assert len(held) == 1 and project.diff() == held
    assert re.search(r"\b[12] decisions\b", said.words), said


def a_label_was_changed_by_hand(project: Project) -> None:
    """[1; row 37] Accepting "kitchen, not sport" does not accept "kitchen, not space", nor the same change of another
    text."""
    rows = mail_rows(45)
    write_mail(project, rows)
    project.scan()
    project.accept()
    key, text, _ = rows[0]
    rows[0] = (key, text, "space")
    key, text, label = rows[1]
    rows[1] = (key, f"{text} once more", label)
    write_mail(project, rows)
    said = project.did("scan", "mail.csv", *COLUMNS, "--label", "label")
    assert [item for item, _, _ in project.diff()] == ["m2"]
    assert re.search(r"\b[12] decisions?\b", said.words), said


def a_judge_came_with_the_data(project: Project) -> None:
    """[8] A judge in an errata.toml is refused without a terminal, and no item leaves the machine."""
    write_mail(project, named_mail())
    (project / "errata.toml").write_text(f'judge = ["{project.judge.spec}"]\n')
    words = project.refused("run", "mail.csv", *COLUMNS, "--label", "label")
    assert project.requests() == 0 and "--judge" in words


def a_run_came_with_the_data(project: Project) -> None:
    """[8] A judge of another machine's run is refused, with the whole command to type."""
    write_mail(project, named_mail())
    project.run()
    copy, asked = project.moved("copy", copy=True), project.requests()
    (copy / "mail.csv").write_bytes(table_bytes(named_mail(70)))
    words = copy.refused("run", "mail.csv")
    assert project.requests() == asked and "--judge" in words and project.judge.spec in words


def a_settings_file_came_with_the_data(project: Project) -> None:
    """[8] The same for NAME.errata/run.toml without a store."""
    write_mail(project, named_mail())
    frozen = f'text = "text"\nlabel = "label"\nembedder = "plain"\njudge = ["{project.judge.spec}"]\n'
    write_files(project / "mail.errata", {"run.toml": frozen.encode()})
    assert project.say("run", "mail.csv").code == 2
    assert project.requests() == 0


def edit_store(project: Project, sql: str, *values: object) -> None:
    connection = sqlite3.connect(project / "mail.errata" / "store.sqlite")
    with connection:
        changed = connection.execute(sql, values).rowcount
    connection.close()
    assert changed > 0, sql


def the_history_was_edited(project: Project) -> None:
    """[7] A decision whose label was edited is refused wherever it would count."""
    before = write_mail(project)
    project.scan()
    project.accept()
    said, other = '"label": "sport"', '"label": "space"'
    edit_store(project, "UPDATE events SET body = replace(body, ?, ?) WHERE instr(body, ?)", said, other, said)
    project.refused("apply", "mail.csv", "--in-place")
    project.refused("decide", "mail.csv", "--accept", "--where", "quality <= 1")
    assert project.bytes("mail.csv") == before


def the_history_was_set_back(project: Project) -> None:
    """[7] A history reset to before an undo is refused until a person trusts it."""
    before = write_mail(project)
    project.scan()
    project.accept()
    store = project / "mail.errata" / "store.sqlite"
    former = store.read_bytes()
    project.did("undo", "mail.csv")
    store.write_bytes(former)
    project.refused("apply", "mail.csv", "--in-place")
    assert project.bytes("mail.csv") == before
    project.did("trust", "mail.csv")
    project.did("apply", "mail.csv", "--in-place")


def the_history_was_made_elsewhere(project: Project) -> None:
    """[7] A valid hash chain that is not the one seen on this machine is not used."""
    before = write_mail(project)
    project.scan()
    store = project / "mail.errata" / "store.sqlite"
    former = store.read_bytes()
    project.did("decide", "mail.csv", "--reject", "--where", "outcome == 'relabel'")
    store.write_bytes(former)
    with patch.dict(os.environ, {"XDG_STATE_HOME": str(project / "state of somebody else")}):
        project.accept()
    project.refused("apply", "mail.csv", "--in-place")
    assert project.bytes("mail.csv") == before


def a_proposal_names_a_label_of_no_class(project: Project) -> None:
    """[7] A proposal of an unknown label, however it got into the store, is refused by every command."""
    write_mail(project)
    project.scan()
    edit_store(project, "UPDATE proposals SET proposed_label = 'poison' WHERE outcome = 'relabel'")
    project.say("decide", "mail.csv", "--accept", "--where", "outcome == 'relabel'")
    said = project.say("apply", "mail.csv")
    assert b"poison" not in (project.bytes("mail.relabeled.csv") or b""), said


def a_patch_was_edited(project: Project) -> None:
    """[7] If an edited patch would not restore the original labels, revert refuses or restores them anyway."""
    before = write_mail(project)
    project.scan()
    project.accept()
    project.did("apply", "mail.csv", "--in-place")
    after = project.bytes("mail.csv")
    (file,) = (project / "mail.errata" / "patches").glob("*.jsonl")
    edited, lines = re.subn(rb'"raw":"\w+"', b'"raw":"poison"', file.read_bytes())
    assert lines == 3
    file.write_bytes(edited)
    said = project.say("revert", "mail.csv")
    assert project.bytes("mail.csv") == (before if said.code == 0 else after), said


def commands_would_ask(project: Project) -> None:
    """[12] Without a terminal, a command that would ask ends with exit code 2 and names the flag."""
    write_mail(project)
    project.scan()
    project.accept()
    project.did("apply", "mail.csv", "--in-place")
    project.scan()
    before = project.bytes(".")
    assert "--yes" in project.refused("prune", "mail.csv")
    project.refused("decide", "mail.csv")
    assert project.bytes(".") == before


def folders_of_splits(project: Project) -> None:
    """[3; row 7] train/ and val/ are not classes: no proposal moves an image between them."""
    write_shapes(project)
    for name in ("train", "val"):
        shutil.copytree(project / "shapes", project / "data" / name)
    words = project.refused("scan", "data")
    assert "train" in words and "val" in words


def no_label_looks_like_a_label(project: Project) -> None:
    """[3; row 12] -1, or the word nan, among other classes may mean "no label": errata says so, with their number."""
    numbers = {topic: str(number) for number, topic in enumerate(TOPICS)}
    for name, word in (("minus_one.csv", "-1"), ("nan_word.csv", "nan")):
        rows = [(k, t, word if i % 4 == 0 else n) for i, (k, t, n) in enumerate(mail_rows(60, names=numbers))]
        write_mail(project, rows, name)
        said = project.did("scan", name, *COLUMNS, "--label", "label")
        assert re.search(rf"\b15\b.*{word}|{word}.*\b15\b", said.words) and "no label" in said.words, said


def labels_differ_by_a_blank(project: Project) -> None:
    """[3] Two spellings of one class are reported once, and neither is proposed as a correction of the other."""
    rows = [
        (k, t, f"{n} " if i % 5 == 0 else n.upper() if i % 7 == 0 else n) for i, (k, t, n) in enumerate(mail_rows(60))
    ]
    write_mail(project, rows)
    project.scan()
    project.say("decide", "mail.csv", "--accept", "--where", "quality <= 1")
    pairs = [(old, new) for _, old, new in project.diff()]
    assert not [pair for pair in pairs if pair[0].strip().casefold() == pair[1].strip().casefold()]
    results = project.results()
    assert not [
        r for r in results if str(r["proposed_label"]).strip().casefold() == r["given_label"].strip().casefold()
    ]


def results_are_filtered_in_a_spreadsheet(project: Project) -> None:
    """[11] A row with a proposed_label proposes a change; the best other label has a separate column."""
    write_mail(project)
    project.scan()
    rows = project.results()
    assert {row["item_id"] for row in rows if row["proposed_label"] is not None} == {"m0", "m1", "m2"}
    assert all(row["best_other_label"] not in (None, row["given_label"]) for row in rows)


def a_place_is_read_only(project: Project) -> None:
    """[5; row 36] The error names --run; with --run and -o everything works, and nothing is written next to the
    data."""
    data = write_mail(project, name="kaggle/mail.csv")
    (project / "kaggle").chmod(0o555)
    try:
        words = as_a_mere_user(project, "scan", "kaggle/mail.csv", *COLUMNS, "--label", "label", code=2)
        assert "--run" in words
        run = ("--run", "work")
        as_a_mere_user(project, "scan", "kaggle/mail.csv", *COLUMNS, "--label", "label", *run)
        as_a_mere_user(project, "decide", "work", "--accept", "--where", "outcome == 'relabel'")
        as_a_mere_user(project, "apply", "work", "-o", "out.csv")
    finally:
        (project / "kaggle").chmod(0o755)
    assert project.bytes("kaggle") == {"mail.csv": data} and project.bytes("out.csv") != data


MERE_USER = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # gives up CAP_DAC_OVERRIDE, for whatever is started now
os.execv(sys.executable, [sys.executable, "-c", "from errata.apps.cli import main; main()", *sys.argv[1:]])
"""


def as_a_mere_user(project: Project, *words: str, code: int = 0) -> str:
    """Run a command without root's right to write to read-only places, in case root runs the tests."""
    command = [sys.executable, "-c", MERE_USER, *words]
    done = subprocess.run(command, cwd=project.place, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def a_decision_of_one_picture(project: Project) -> None:
    """[2] In a folder, only the decided images move."""
    files = write_shapes(project)
    project.did("scan", "shapes")
    decide_by_hand(project, {"beam/0000.png": "bar"}, "shapes")
    project.did("apply", "shapes")
    moved = {("bar/0000.png" if name == "beam/0000.png" else name): data for name, data in files.items()}
    assert project.bytes("shapes.relabeled") == moved and project.bytes("shapes") == files


CASES = (
    another_question_about_the_same_texts,
    another_question_about_the_same_texts_is_judged,
    a_definition_changed,
    a_class_is_gone,
    a_label_was_changed_by_hand,
    a_judge_came_with_the_data,
    a_run_came_with_the_data,
    a_settings_file_came_with_the_data,
    the_history_was_edited,
    the_history_was_set_back,
    the_history_was_made_elsewhere,
    a_proposal_names_a_label_of_no_class,
    a_patch_was_edited,
    commands_would_ask,
    folders_of_splits,
    no_label_looks_like_a_label,
    labels_differ_by_a_blank,
    results_are_filtered_in_a_spreadsheet,
    a_place_is_read_only,
    a_decision_of_one_picture,
)

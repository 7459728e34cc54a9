"""Tomorrow's data costs what changed: the rest is neither asked again nor decided again.

In brackets: the kinds of failure in issue 11, and rows in its log of field cases.
"""

from __future__ import annotations

import re

from tests.inputs import mail_rows, table_bytes, write_files
from tests.promises.project import Project, named_mail, write_mail

A_ROW = 16
"""Upper bound on the calls for one new row: a blind choice, a contest, and a control, in both orders, plus two control
items that a new class adds. The whole first run makes 60."""


def one_new_label(project: Project) -> None:
    """[1] A new label in one new row: no question depends on the whole label space."""
    rows = named_mail()
    write_mail(project, rows)
    project.run()
    asked = project.requests()
    write_mail(project, [*rows, ("m60", "the tax of the year about money", "money")])
    project.run()
    assert project.requests() - asked <= A_ROW


def one_label_misspelled(project: Project) -> None:
    """[1] A misspelled label in one old row: decisions about the other rows remain."""
    rows = named_mail()
    write_mail(project, rows)
    project.run()
    project.accept()
    asked, changes = project.requests(), project.diff()
    assert changes
    key, text, _ = rows[40]
    write_mail(project, [*rows[:40], (key, text, "kichten"), *rows[41:]])
    project.run()
    assert project.requests() - asked <= A_ROW and project.diff() == changes


def one_label_gone(project: Project) -> None:
    """[1] A class of one row is removed."""
    rows = [*named_mail(), ("m60", "the tax of the year about money", "money")]
    write_mail(project, rows)
    project.run()
    project.accept()
    asked, changes = project.requests(), [change for change in project.diff() if change[0] != "m60"]
    write_mail(project, rows[:-1])
    project.run()
    assert project.requests() - asked <= A_ROW and project.diff() == changes


def a_class_is_renamed(project: Project) -> None:
    """[1] By labels.toml: decisions follow the new name."""
    labels = "[labels.sport]\n[labels.kitchen]\n[labels.space]\n"
    rows = named_mail()
    write_mail(project, rows)
    write_files(project.place, {"labels.toml": labels.encode()})
    project.run("mail.csv", "label", "--labels", "labels.toml")
    project.accept()
    changes = project.diff()
    write_mail(project, [(key, text, "cooking" if label == "kitchen" else label) for key, text, label in rows])
    (project / "labels.toml").write_text(labels.replace("[labels.kitchen]\n", '[labels.cooking]\nwas = ["kitchen"]\n'))
    project.run("mail.csv", "label", "--labels", "labels.toml")
    today = [(item, *("cooking" if label == "kitchen" else label for label in labels)) for item, *labels in changes]
    assert changes and project.diff() == today


def a_blank_line_in_the_guideline(project: Project) -> None:
    """[1] White space is not a change."""
    write_mail(project, named_mail())
    write_files(project.place, {"guide.md": b"Kitchen is what one eats.\nSpace is far away.\n"})
    project.run("mail.csv", "label", "--guideline", "guide.md")
    project.accept()
    asked, changes = project.requests(), project.diff()
    (project / "guide.md").write_text("Kitchen is what one eats.\n\nSpace is far away.  \n")
    project.run("mail.csv", "label", "--guideline", "guide.md")
    assert changes and project.diff() == changes and project.requests() == asked


def an_edited_row(project: Project) -> None:
    """[row 37] Only that row is new; a rejected change stays rejected."""
    rows = named_mail()
    write_mail(project, rows)
    project.run()
    project.did("decide", "mail.csv", "--reject", "--where", "item_id in ['m0', 'm1']")
    project.accept()
    before, asked = project.status(), project.requests()
    key, text, label = rows[50]
    write_mail(project, [*rows[:50], (key, f"{text} again", label), *rows[51:]])
    project.run()
    assert project.requests() - asked <= A_ROW
    assert project.status()["decided"] == before["decided"] > 2


def a_dated_export(project: Project) -> None:
    """[1] With --run, data under another name continues the run, and the command says how many rows are known."""
    rows = named_mail()
    write_mail(project, rows, "mail-1.csv")
    project.run("mail-1.csv")
    project.accept("mail-1.csv")
    asked, changes = project.requests(), project.diff("mail-1.csv")
    write_mail(project, [*rows, ("m60", "the orbit of the moon about space", "space")], "mail-2.csv")
    judge = ("--label", "label", "--judge", project.judge.spec)
    columns = ("--text", "text", "--id", "id", "--embedder", "plain")
    said = project.did("run", "mail-2.csv", *columns, *judge, "--run", "mail-1.errata")
    assert project.requests() - asked <= A_ROW
    assert re.search(r"\b60 of 61\b", said.words), said
    assert changes and project.diff("mail-1.errata") == changes


def a_scan_after_a_judged_run(project: Project) -> None:
    """[1; row 22] The later scan does not hide the judged run, which is the one continued."""
    write_mail(project, named_mail())
    project.run()
    before, results, asked = project.status(), project.results(), project.requests()
    project.scan()
    assert project.status()["judges"] == before["judges"] and project.results() == results
    project.did("run", "mail.csv")
    assert project.requests() == asked
    assert project.status()["judges"] == before["judges"] and project.results() == results


def a_moved_project(project: Project) -> None:
    """[1; row 5] Nothing is asked again."""
    write_mail(project, named_mail())
    project.run()
    project.accept()
    asked, changes = project.requests(), project.diff()
    elsewhere = project.moved("elsewhere")
    elsewhere.run()
    assert elsewhere.requests() == asked and elsewhere.diff() == changes != []


def the_same_question_under_another_column(project: Project) -> None:
    """[1] All label columns share their calls: each answer is paid for once."""
    rows = [(*row, row[2]) for row in named_mail()]
    data = table_bytes(rows, header=("id", "text", "label", "second"))
    write_files(project.place, {"mail.csv": data})
    project.run()
    asked = project.requests()
    project.run(label="second")
    assert asked and project.requests() == asked


def nothing_changed(project: Project) -> None:
    """The same command twice."""
    write_mail(project, named_mail())
    first = project.run()
    asked = project.requests()
    assert project.run()["outcomes"] == first["outcomes"] and project.requests() == asked > 0


def a_rejected_change_meets_a_new_row(project: Project) -> None:
    """Without a judge: what a person rejected yesterday is not open today."""
    rows = mail_rows(45)
    write_mail(project, rows)
    project.scan()
    project.did("decide", "mail.csv", "--reject", "--where", "quality <= 1")
    write_mail(project, [*rows, ("m45", "the orbit of the moon", "space")])
    assert project.scan()["decided"] == 3 and project.diff() == []


CASES = (
    one_new_label,
    one_label_misspelled,
    one_label_gone,
    a_class_is_renamed,
    a_blank_line_in_the_guideline,
    an_edited_row,
    a_dated_export,
    a_scan_after_a_judged_run,
    a_moved_project,
    the_same_question_under_another_column,
    nothing_changed,
    a_rejected_change_meets_a_new_row,
)

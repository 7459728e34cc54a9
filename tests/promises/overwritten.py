"""Your file is never overwritten unless you say so: a file there before a command is there afterwards.

In brackets: the kinds of failure in issue 11, and rows in its log of field cases.
"""

from __future__ import annotations

import csv
import os

from tests.inputs import jsonl_bytes, mail_rows, picture, table_bytes, write_files
from tests.promises.project import Project, decide_by_hand, two_columns, write_mail, write_shapes

MOVES = {"beam/0000.png": "bar", "ring/0014.png": "beam"}
"""The right classes of two wrong shapes."""


def pictures_of_the_output_are_written_over(project: Project) -> None:
    """[2; row 2] Images in the output are copies, not links to those of the source."""
    files = write_shapes(project)
    project.did("scan", "shapes")
    decide_by_hand(project, MOVES, "shapes")
    project.did("apply", "shapes")
    for path in (project / "shapes.relabeled").rglob("*.png"):
        with path.open("r+b") as file:  # in place, as Image.save does
            file.write(picture("bar", 99))
            file.truncate()
    assert project.bytes("shapes") == files


def pictures_are_written_over_after_a_change_in_place(project: Project) -> None:
    """[2; row 2] After the revert, every image is either the original or the user's edit, and no backup is lost."""
    files = write_shapes(project)
    project.did("scan", "shapes")
    decide_by_hand(project, MOVES, "shapes")
    project.did("apply", "shapes", "--in-place")
    with (project / "shapes" / "bar" / "0003.png").open("r+b") as file:
        file.write(edited := picture("bar", 99))
        file.truncate()
    project.say("revert", "shapes")
    found = project.bytes("shapes")
    assert isinstance(found, dict)
    assert sorted(found.values()) == sorted((files | {"bar/0003.png": edited}).values()) or found == files


def a_second_apply_of_a_folder_works(project: Project) -> None:
    """[2; row 2] errata may overwrite its own output, as with a file."""
    write_shapes(project)
    project.did("scan", "shapes")
    for item, label in MOVES.items():
        decide_by_hand(project, {item: label}, "shapes")
        project.did("apply", "shapes")
    assert (project / "shapes.relabeled" / "bar" / "0000.png").exists()


def a_copied_project_is_changed_in_place(project: Project) -> None:
    """[1; row 5] Commands in the copy never change the original."""
    before = write_mail(project)
    project.scan()
    project.accept()
    copy = project.moved("copy", copy=True)
    said = copy.say("apply", "mail.csv", "--in-place")
    assert project.bytes("mail.csv") == before
    assert said.code == 2 or copy.bytes("mail.csv") != before


def an_output_is_somebodys_own(project: Project) -> None:
    """[2; row 6a]"""
    write_mail(project)
    own = b"three days of somebody's own work\n"
    write_files(project.place, {"mail.relabeled.csv": own, "other.csv": own, "back.csv": own})
    project.scan()
    project.accept()
    project.say("apply", "mail.csv")
    project.refused("apply", "mail.csv", "-o", "other.csv")
    project.did("apply", "mail.csv", "-o", "new.csv")
    project.refused("revert", "mail.csv", "-o", "back.csv")
    assert {project.bytes(name) for name in ("mail.relabeled.csv", "other.csv", "back.csv")} == {own}


def force_keeps_what_it_replaces(project: Project) -> None:
    """[2] --force overwrites a file, but keeps a backup."""
    write_mail(project)
    own = b"three days of somebody's own work\n"
    write_files(project.place, {"other.csv": own})
    project.scan()
    project.accept()
    project.did("apply", "mail.csv", "-o", "other.csv", "--force")
    assert project.bytes("other.csv") != own and project.has(own)


def an_output_was_edited_since(project: Project) -> None:
    """[2] errata may overwrite its own output until somebody edits it."""
    write_mail(project)
    project.scan()
    project.accept()
    project.did("apply", "mail.csv")
    project.did("apply", "mail.csv")
    edited = (project / "mail.relabeled.csv").read_bytes() + b"m99,my own row,sport\n"
    (project / "mail.relabeled.csv").write_bytes(edited)
    project.refused("apply", "mail.csv")
    assert project.bytes("mail.relabeled.csv") == edited


def an_edited_folder_is_the_output(project: Project) -> None:
    """[2] The same for a folder."""
    write_shapes(project)
    project.did("scan", "shapes")
    decide_by_hand(project, MOVES, "shapes")
    project.did("apply", "shapes")
    (project / "shapes.relabeled" / "notes.txt").write_text("my own")
    project.refused("apply", "shapes")
    assert (project / "shapes.relabeled" / "notes.txt").read_text() == "my own"


def a_second_label_column_is_applied(project: Project) -> None:
    """[2; row 6b] The second apply builds on the first or is refused: the first one's changes are never silently
    lost."""
    two_columns(project)
    for label in ("topic", "kind"):
        project.scan(label=label)
        project.accept("mail.csv", "--label", label)
        first = column(project, "topic")
        said = project.say("apply", "mail.csv", "--label", label)
        assert said.code == 0 or label == "kind", said
    assert column(project, "topic") == first, said
    assert said.code == 2 or column(project, "kind") != column(project, "kind", "mail.csv"), said


def column(project: Project, name: str, file: str = "mail.relabeled.csv") -> list[str]:
    path = project / file
    return [row[name] for row in csv.DictReader(path.read_text().splitlines())] if path.exists() else []


def the_source_is_named_as_the_output(project: Project) -> None:
    """[2; row 6c] By its path, another spelling of it, or a link to it."""
    before = write_mail(project)
    project.scan()
    project.accept()
    (project / "link.csv").symlink_to("mail.csv")
    os.link(project / "mail.csv", project / "hard.csv")
    for out in ("mail.csv", f"../{project.place.name}/mail.csv", "link.csv", "hard.csv"):
        project.refused("results", "mail.csv", "-o", out)
        project.refused("apply", "mail.csv", "-o", out)
        assert project.bytes("mail.csv") == before
    assert (project / "link.csv").is_symlink()


def results_name_somebodys_file(project: Project) -> None:
    """[2; row 6c] Somebody's file is refused; errata's own may be overwritten."""
    write_mail(project)
    write_files(project.place, {"other.csv": b"own"})
    project.scan()
    project.refused("results", "mail.csv", "-o", "other.csv")
    project.did("results", "mail.csv", "-o", "results.csv")
    project.did("results", "mail.csv", "-o", "results.csv")
    assert project.bytes("other.csv") == b"own"


def the_run_folder_is_named_as_the_output(project: Project) -> None:
    """[2] Results never overwrite a file of their run folder."""
    write_mail(project)
    project.scan()
    project.accept()
    for name in ("store.sqlite", "run.toml", "new.csv"):
        project.refused("apply", "mail.csv", "-o", f"mail.errata/{name}")
    project.refused("results", "mail.csv", "-o", "mail.errata/results.csv")
    assert len(project.diff()) == 3


def the_data_is_a_link(project: Project) -> None:
    """[2] A link is followed knowingly or refused; it stays a link, and no third file is touched."""
    before = write_mail(project, name="real/of_march.csv")
    (project / "mail.csv").symlink_to("real/of_march.csv")
    if project.say("scan", "mail.csv", "--text", "text", "--label", "label", "--embedder", "plain").code == 0:
        project.accept()
        said = project.say("apply", "mail.csv", "--in-place")
        assert said.code == 2 or project.bytes("real/of_march.csv") != before
        project.say("revert", "mail.csv")
    assert (project / "mail.csv").is_symlink() and project.bytes("real/of_march.csv") == before


def the_output_is_a_link(project: Project) -> None:
    """[2] If the output is a link to somebody's file, neither the link nor the file is replaced."""
    write_mail(project)
    write_files(project.place, {"precious.csv": b"own"})
    (project / "mail.relabeled.csv").symlink_to("precious.csv")
    project.scan()
    project.accept()
    project.refused("apply", "mail.csv")
    assert project.bytes("precious.csv") == b"own" and (project / "mail.relabeled.csv").is_symlink()


def a_folder_holds_links(project: Project) -> None:
    """[2; row 3] Links to images elsewhere, and broken ones, are reported or kept as links; the images stay."""
    files = write_shapes(project)
    write_files(project.place, {"elsewhere/x.png": picture("bar", 7)})
    (project / "shapes" / "bar" / "x.png").symlink_to("../../elsewhere/x.png")
    (project / "shapes" / "bar" / "gone.png").symlink_to("nowhere.png")
    if project.say("scan", "shapes").code == 0:
        decide_by_hand(project, MOVES, "shapes")
        project.say("apply", "shapes", "--in-place")
        project.say("revert", "shapes")
    assert project.bytes("elsewhere/x.png") == picture("bar", 7)
    assert (project / "shapes" / "bar" / "x.png").is_symlink()
    assert (project / "shapes" / "bar" / "gone.png").is_symlink()
    assert {name: (project / "shapes" / name).read_bytes() for name in files} == files


def numbered_pictures_clash(project: Project) -> None:
    """[5; row 15] A moved image gets a free name, so that none replaces another."""
    files = write_shapes(project, numbered=True)
    project.did("scan", "shapes")
    decide_by_hand(project, {"beam/0000.png": "bar", "beam/0001.png": "bar", "ring/0000.png": "beam"}, "shapes")
    project.did("apply", "shapes")
    found = project.bytes("shapes.relabeled")
    assert isinstance(found, dict) and sorted(found.values()) == sorted(files.values())
    assert project.bytes("shapes") == files


def a_name_beside_the_data_ends_in_errata(project: Project) -> None:
    """[2] A folder with a run folder's name that errata did not create is not touched."""
    write_mail(project)
    write_files(project / "mail.errata", {"report.html": b"my own", "run.toml": b"my = 'own'\n"})
    project.say("scan", "mail.csv", "--text", "text", "--label", "label", "--embedder", "plain")
    assert project.has(b"my own") and project.has(b"my = 'own'\n")


def two_files_share_a_stem(project: Project) -> None:
    """[1] They do not share a run: decisions about one are not applied to the other."""
    write_mail(project)
    write_files(project.place, {"mail.jsonl": (other := jsonl_bytes(mail_rows(45, seed=1)))})
    project.scan()
    project.accept()
    project.scan("mail.jsonl")
    assert project.diff("mail.jsonl") == [] and len(project.diff("mail.csv")) == 3
    project.did("apply", "mail.jsonl", "-o", "out.jsonl")
    assert project.bytes("out.jsonl") == other


def data_is_edited_after_the_scan(project: Project) -> None:
    """[2; row 37] An in-place patch never overwrites somebody's edit."""
    write_mail(project)
    project.scan()
    project.accept()
    edited = (project / "mail.csv").read_bytes() + b"m99,the new one,sport\n"
    (project / "mail.csv").write_bytes(edited)
    project.refused("apply", "mail.csv", "--in-place")
    assert project.bytes("mail.csv") == edited


def a_changed_source_is_edited_before_the_revert(project: Project) -> None:
    """[2] The user's later edits are kept, or the revert is refused."""
    before = write_mail(project)
    project.scan()
    project.accept()
    project.did("apply", "mail.csv", "--in-place")
    row = b"m99,the new one,sport\n"
    edited = (project / "mail.csv").read_bytes() + row
    (project / "mail.csv").write_bytes(edited)
    said = project.say("revert", "mail.csv")
    assert project.bytes("mail.csv") == (before + row if said.code == 0 else edited)


def looking_writes_beside_nothing(project: Project) -> None:
    """[2] A run, and commands that only look at it, write only into the run folder."""
    write_mail(project)
    write_files(project.place, {"mail.txt": b"own", "report.html": b"own", "labels.toml": b"own"})
    before = project.bytes(".")
    project.scan()
    for command in ("status", "results", "report", "diff", "log"):
        project.did(command, "mail.csv")
    after = project.bytes(".")
    assert isinstance(after, dict)
    assert {name: data for name, data in after.items() if not name.startswith("mail.errata/")} == before


def a_table_has_odd_names_and_places(project: Project) -> None:
    """[rows 31, 32] Only label cells change, and only in the output."""
    rows = [(f"0{i}", text, 1, 2, label) for i, (_, text, label) in enumerate(mail_rows(45))]
    name = "gr\u00f6\u00dfe \u2013 data/e-mails (final) 2.csv"
    data = table_bytes(rows, header=("data.id", "the text", "x", "x", "meta.label "))
    write_files(project.place, {name: data})
    columns = ("--text", "the text", "--label", "meta.label ", "--id", "data.id", "--embedder", "plain")
    project.did("scan", name, *columns)
    project.accept(name)
    project.did("apply", name, "-o", "out.csv")
    lines = zip(data.split(b"\n"), (project / "out.csv").read_bytes().split(b"\n"), strict=True)
    changed = [(old.rpartition(b",")[0], new.rpartition(b",")[0]) for old, new in lines if old != new]
    assert len(changed) == 3 and all(old == new for old, new in changed) and project.bytes(name) == data


CASES = (
    pictures_of_the_output_are_written_over,
    pictures_are_written_over_after_a_change_in_place,
    a_second_apply_of_a_folder_works,
    a_copied_project_is_changed_in_place,
    an_output_is_somebodys_own,
    force_keeps_what_it_replaces,
    an_output_was_edited_since,
    an_edited_folder_is_the_output,
    a_second_label_column_is_applied,
    the_source_is_named_as_the_output,
    results_name_somebodys_file,
    the_run_folder_is_named_as_the_output,
    the_data_is_a_link,
    the_output_is_a_link,
    a_folder_holds_links,
    numbered_pictures_clash,
    a_name_beside_the_data_ends_in_errata,
    two_files_share_a_stem,
    data_is_edited_after_the_scan,
    a_changed_source_is_edited_before_the_revert,
    looking_writes_beside_nothing,
    a_table_has_odd_names_and_places,
)

"""Everything can be undone: decisions of any kind, and the files written from them, byte for byte.

In brackets: the kinds of failure in issue 11, and rows in its log of field cases.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.inputs import TOPICS, jsonl_bytes, mail_rows, parquet_bytes, table_bytes, write_files
from tests.promises.project import Project, decide_by_hand, two_columns, write_mail, write_shapes

MOVES = {"beam/0000.png": "bar", "ring/0014.png": "beam"}
Case = Callable[[Project], None]


def a_rule_with_the_wrong_threshold(project: Project) -> None:
    """[4; row 21] All its decisions are undone at once."""
    before = write_mail(project)
    project.scan()
    project.accept()
    assert len(project.diff()) == 3
    project.did("undo", "mail.csv")
    assert project.diff() == [] and project.status()["open"] == 3
    project.did("apply", "mail.csv")
    assert project.bytes("mail.relabeled.csv") == before


def a_rejection_by_a_rule(project: Project) -> None:
    """[4; row 21]"""
    write_mail(project)
    project.scan()
    project.did("decide", "mail.csv", "--reject", "--where", "quality <= 1")
    assert project.status()["open"] == 0
    project.did("undo", "mail.csv")
    assert project.status()["open"] == 3


def a_decision_about_one_item(project: Project) -> None:
    """[4] Then the decision before it is in effect again."""
    write_mail(project)
    project.scan()
    decide_by_hand(project, {"m7": "space"})
    decide_by_hand(project, {"m8": "sport"})
    project.did("undo", "mail.csv")
    assert [item for item, _, _ in project.diff()] == ["m7"]
    project.did("undo", "mail.csv")
    assert project.diff() == []


def somebody_elses_decision(project: Project) -> None:
    """[4; row 21] Undo says whose decision it was; decide says what was already decided, and by whom."""
    write_mail(project)
    project.scan()
    project.accept("mail.csv", "--as", "ann")
    said = project.say("decide", "mail.csv", "--reject", "--where", "outcome == 'relabel'", "--as", "bob")
    assert "ann" in said.words and "3" in said.words
    assert "ann" in project.did("undo", "mail.csv", "--as", "bob").words
    assert project.diff() == []


def some_of_what_a_rule_decided(project: Project) -> None:
    """[4] Undone by a condition."""
    write_mail(project)
    project.scan()
    project.accept()
    project.did("undo", "mail.csv", "--where", "item_id == 'm1'")
    assert [item for item, _, _ in project.diff()] == ["m0", "m2"]


def what_was_decided_lately(project: Project) -> None:
    """[4] Undone by time."""
    write_mail(project)
    project.scan()
    project.accept()
    decide_by_hand(project, {"m7": "space"})
    project.did("undo", "mail.csv", "--since", "1h")
    assert project.diff() == []


def what_is_undone_leaves_the_output(project: Project) -> None:
    """[4] The next apply does not write it; the history keeps the decision and the undo."""
    before = write_mail(project)
    project.scan()
    project.accept()
    project.did("apply", "mail.csv")
    project.did("undo", "mail.csv")
    project.did("apply", "mail.csv")
    assert project.bytes("mail.relabeled.csv") == before
    kinds = [event["kind"] for event in project.did("log", "mail.csv", "--json").json]
    assert kinds.count("decision") == 3 and "undo" in kinds


def written(name: str, data: bytes, *columns: str) -> Case:
    """A case for a file of this format, applied to another file and in place."""

    def case(project: Project) -> None:
        write_files(project.place, {name: data})
        project.did("scan", name, *columns, "--embedder", "plain")
        assert project.accept(name) and len(project.diff(name)) > 0
        project.did("apply", name, "-o", f"out-{name}")
        assert project.bytes(f"out-{name}") != data
        project.did("revert", name)
        assert project.bytes(f"out-{name}") == data
        project.did("apply", name, "--in-place")
        assert project.bytes(name) != data
        project.did("revert", name)
        assert project.bytes(name) == data

    case.__name__ = f"what_was_written_{name.replace('.', '_')}"
    return case


def what_was_written_into_a_folder(project: Project) -> None:
    """[2, 5; row 15] For images, some of whose names clash when they move."""
    files = write_shapes(project, numbered=True)
    project.did("scan", "shapes")
    decide_by_hand(project, {"beam/0000.png": "bar", "beam/0001.png": "bar", "ring/0000.png": "beam"}, "shapes")
    for place in ((), ("--in-place",)):
        project.did("apply", "shapes", *place)
        project.did("revert", "shapes")
        assert project.bytes("shapes") == files
    assert project.bytes("shapes.relabeled") in (files, None)


def a_change_in_place_of_a_project_that_moved(project: Project) -> None:
    """[1; row 5]"""
    before = write_mail(project)
    project.scan()
    project.accept()
    project.did("apply", "mail.csv", "--in-place")
    elsewhere = project.moved("elsewhere")
    elsewhere.did("revert", "mail.csv")
    assert elsewhere.bytes("mail.csv") == before


def an_output_of_a_project_that_moved(project: Project) -> None:
    """[1; row 5] Decided before the move, applied and reverted after it."""
    before = write_mail(project)
    project.scan()
    project.accept()
    elsewhere = project.moved("elsewhere")
    elsewhere.did("apply", "mail.csv")
    assert elsewhere.bytes("mail.relabeled.csv") != before
    elsewhere.did("revert", "mail.csv")
    assert elsewhere.bytes("mail.relabeled.csv") == before == elsewhere.bytes("mail.csv")


def two_label_columns_in_place(project: Project) -> None:
    """[1, 2; row 6b] Applied one after the other, then reverted."""
    two_columns(project)
    before = project.bytes("mail.csv")
    for label in ("topic", "kind"):
        project.scan(label=label)
        project.accept("mail.csv", "--label", label)
        project.did("apply", "mail.csv", "--in-place", "--label", label)
    assert project.bytes("mail.csv") != before
    project.did("revert", "mail.csv")
    project.did("revert", "mail.csv")
    assert project.bytes("mail.csv") == before


def two_patches_in_place(project: Project) -> None:
    """[2] Two patches of one label column, the second after another scan, are reverted one by one."""
    before = write_mail(project)
    project.scan()
    project.accept()
    project.did("apply", "mail.csv", "--in-place")
    between = project.bytes("mail.csv")
    project.scan()
    decide_by_hand(project, {"m7": "space"})
    project.did("apply", "mail.csv", "--in-place")
    project.did("revert", "mail.csv")
    assert project.bytes("mail.csv") == between
    project.did("revert", "mail.csv")
    assert project.bytes("mail.csv") == before


def a_damaged_backup_is_no_backup(project: Project) -> None:
    """[7] If a backup is damaged, revert says so or works without it; it never writes content that was not there
    before."""
    before = write_mail(project)
    project.scan()
    project.accept()
    project.did("apply", "mail.csv", "--in-place")
    after = project.bytes("mail.csv")
    for path in (project / "mail.errata" / "backups").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"goal", b"GOAL"))
    said = project.say("revert", "mail.csv")
    assert project.bytes("mail.csv") == (before if said.code == 0 else after), said


ODD = b"".join(
    b'{"id":"%s" ,  "text":"%s \\u00e9\\/", "label" :"old","label":"%s" , "n":1.50}\n'
    % tuple(cell.encode() for cell in row)
    for row in mail_rows(45)
)
NOTHING = dict(zip(TOPICS, ("None", "NA", "null"), strict=True))
WINDOWS = b"\xef\xbb\xbfid;text;label;note\r\n" + b"".join(
    f'{i:05};"{text}, ""yes""\nnext line";{label};  x \r\n'.encode()
    for i, (_, text, label) in enumerate(mail_rows(45, names=NOTHING))
)
TEXT = ("--text", "text", "--label", "label", "--id", "id")
CASES = (
    a_rule_with_the_wrong_threshold,
    a_rejection_by_a_rule,
    a_decision_about_one_item,
    somebody_elses_decision,
    some_of_what_a_rule_decided,
    what_was_decided_lately,
    what_is_undone_leaves_the_output,
    written("mail.csv", table_bytes(mail_rows(45)), *TEXT),
    written("mail.tsv", table_bytes(mail_rows(45), "\t"), *TEXT),
    written("windows.csv", WINDOWS, *TEXT),  # row 28
    written("mail.jsonl", jsonl_bytes(mail_rows(45)), *TEXT),
    written("odd.jsonl", ODD, *TEXT),  # row 29
    written("mail.parquet", parquet_bytes(mail_rows(45)), *TEXT),
    written("words.parquet", parquet_bytes(mail_rows(45), "dictionary"), *TEXT),  # row 30
    written("hub.parquet", parquet_bytes(mail_rows(45), "classes"), *TEXT),  # row 30
    what_was_written_into_a_folder,
    a_change_in_place_of_a_project_that_moved,
    an_output_of_a_project_that_moved,
    two_label_columns_in_place,
    two_patches_in_place,
    a_damaged_backup_is_no_backup,
)

"""One line says what is excluded from a run."""

from __future__ import annotations

from errata.tools.data.left_out import LeftOut


def test_unread_files_are_counted_by_extension() -> None:
    left = LeftOut(rows=14, files=42, files_read=14, by_ending={".jfif": 14, ".heic": 14})
    assert left.sentence == "42 files: 14 read, 28 not (14 .heic, 14 .jfif)"


def test_links_and_files_without_an_extension_are_reported() -> None:
    left = LeftOut(rows=2, files=5, files_read=2, by_ending={"": 1, ".x": 1}, links=1)
    assert left.sentence == "5 files: 2 read, 3 not (1 without an ending, 1 .x, 1 link)"


def test_rare_extensions_are_reported_together() -> None:
    left = LeftOut(files=9, files_read=1, by_ending={f".{c}": 1 for c in "abcdefgh"})
    assert left.sentence == "9 files: 1 read, 8 not (1 .a, 1 .b, 1 .c, 1 .d, 1 .e, 1 .f, 2 of other endings)"


def test_rows_are_reported_by_what_is_wrong_with_them() -> None:
    assert LeftOut(rows=60, without_label=5).sentence == "5 of 60 rows have no label"
    assert LeftOut(rows=60, without_label=1).sentence == "1 of 60 rows has no label"
    assert LeftOut(rows=9, unreadable=2, other_shape=1).sentence == (
        "2 of 9 rows cannot be read, 1 is a record of another shape"
    )
    both = LeftOut(rows=2, without_label=1, files=3, files_read=2, by_ending={".txt": 1})
    assert both.sentence == "3 files: 2 read, 1 not (1 .txt); 1 of 2 rows has no label"


def test_nothing_is_reported_if_nothing_was_left_out() -> None:
    left = LeftOut(rows=60, files=60, files_read=60)
    assert left.sentence == ""
    assert left.as_json()["rows"] == 60

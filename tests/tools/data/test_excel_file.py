"""Excel workbooks: read as openpyxl reads them, and only the cells of changed labels are written."""

from __future__ import annotations

import errno
import io
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill

from errata.errors import DataError, SetupError
from errata.tools.data import Columns, Dataset, Edit, open_dataset, write_labels
from errata.tools.data.excel_file import read_excel
from tests.tools.data import books

COLUMNS = Columns(label="label", text=("text",))
SHEET = "xl/worksheets/sheet1.xml"


def opened(path: Path, **options: Any) -> Dataset:
    return open_dataset(path, COLUMNS, allow_one_label=True, **options)


def values(path: Path, sheet: str = "data") -> list[list[object]]:
    return [list(row) for row in openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)]


def rich(path: Path) -> None:
    """Formats, a comment, a formula over the labels, dates, a note beside the table, and other sheets."""
    book = books.save(
        path,
        [
            ["text", "label", "seen", "length", None],
            ["one", "cat", datetime(2026, 1, 31), "=LEN(A2)", "a note"],
            [" two\nlines & <b>", "dog", datetime(2026, 2, 1, 18, 30), "=LEN(A3)", None],
            [None, None, None, None, None],
            ["=1+1 is text", "cat", None, 4, None],
        ],
    )
    sheet = book["data"]
    sheet["A5"].data_type = "s"
    sheet["B2"].font, sheet["B2"].fill = Font(bold=True), PatternFill("solid", fgColor="FFFF00")
    sheet["B3"].comment = Comment("sure?", "ann")
    sheet.conditional_formatting.add("B2:B5", CellIsRule(operator="equal", formula=['"dog"'], font=Font(italic=True)))
    sheet.freeze_panes = "A2"
    hidden = book.create_sheet("lists")
    hidden.sheet_state = "hidden"
    hidden["A1"] = "cat"
    book.save(path)


def test_only_the_cells_of_labels_change_and_come_back(tmp_path: Path) -> None:
    path, out, back = tmp_path / "a.xlsx", tmp_path / "out.xlsx", tmp_path / "back.xlsx"
    rich(path)
    dataset = opened(path)
    assert dataset.cells == ("cat", "dog", "cat")
    assert dataset.texts(range(3)) == ["one", " two\nlines & <b>", "=1+1 is text"]
    assert dataset.column("seen") == [datetime(2026, 1, 31), datetime(2026, 2, 1, 18, 30), None]
    raw = write_labels(dataset, {0: Edit("cat", "=dog & <x> "), 2: Edit("cat", None)}, out)
    assert {name for name, data in books.contents(out).items() if data != books.contents(path)[name]} == {SHEET}
    expected = values(path)
    expected[1][1], expected[4][1] = "=dog & <x> ", None
    assert values(out) == expected
    changed = openpyxl.load_workbook(out)["data"]
    assert changed["B2"].data_type != "f" and changed["B2"].font.b and changed["B2"].fill.fgColor.rgb == "00FFFF00"
    assert changed["B3"].comment.text == "sure?" and changed["D2"].value == "=LEN(A2)"
    assert pd.read_excel(out)["label"].tolist()[:2] == ["=dog & <x> ", "dog"]
    write_labels(opened(out), {0: Edit("=dog & <x> ", "cat", raw[0]), 2: Edit(None, "cat", raw[2])}, back)
    assert values(back) == values(path)
    again = write_labels(opened(back), {}, out)
    assert again == {} and out.read_bytes() == back.read_bytes()


def test_columns_are_added_at_the_end_and_taken_away_again(tmp_path: Path) -> None:
    path, out, back = tmp_path / "a.xlsx", tmp_path / "out.xlsx", tmp_path / "back.xlsx"
    rich(path)
    added: dict[str, list[object]] = {"errata_x": ["=x", None, "y"], "errata_y": [0.5, 1, True]}
    write_labels(opened(path), {0: Edit("cat", "dog")}, out, added)
    with_new = values(out)
    assert with_new[0][5:] == ["errata_x", "errata_y"]
    assert [row[5:] for row in with_new[1:]] == [["=x", 0.5], [None, 1], [None, None], ["y", True]]
    assert openpyxl.load_workbook(out)["data"]["F2"].data_type != "f"
    assert openpyxl.load_workbook(out, read_only=True)["data"].max_column == 7
    assert opened(out).column("errata_x") == ["=x", None, "y"]
    write_labels(opened(out), {0: Edit("dog", "cat")}, back, drop=["errata_x", "errata_y"])
    assert values(back) == values(path)


@pytest.mark.parametrize(
    ("labels", "given", "new", "stored"),
    [
        ([1, 2, 1], ("1", "2", "1"), "2", 2),
        ([1.0, 2.0, 3.0], ("1", "2", "3"), "2", 2),
        (["1", "2", "1.0"], ("1", "2", "1.0"), "2", "2"),
        ([True, False, True], ("true", "false", "true"), "false", False),
        (["a", "b", None], ("a", "b", None), "b", "b"),
    ],
)
def test_a_label_is_stored_as_its_column_stores_labels(
    tmp_path: Path, labels: list[Any], given: tuple[str | None, ...], new: str, stored: object
) -> None:
    path = tmp_path / "a.xlsx"
    books.save(path, [["text", "label"], *zip(["x", "y", "z"], labels, strict=True)])
    dataset = opened(path)
    assert dataset.cells == given
    write_labels(dataset, {0: Edit(given[0], new), 2: Edit(given[2], new)}, tmp_path / "out.xlsx")
    found = [row[1] for row in values(tmp_path / "out.xlsx")[1:]]
    assert found == [stored, labels[1], stored] and type(found[0]) is type(stored)


ODD = (
    '<x:row r="3"><x:c t="s"><x:v>0</x:v></x:c><x:c t="inlineStr"><x:is><x:t>label</x:t></x:is></x:c></x:row>'
    '<x:row><x:c t="s" s="1"><x:v>1</x:v></x:c><x:c r="B4" t="str" s="1"><x:f>"c"</x:f><x:v>cat</x:v></x:c></x:row>'
    '<x:row r="7" hidden="1"><x:c r="A7"><x:v>46053</x:v></x:c><x:c r="C7" s="1"/></x:row><x:row r="9"/>'
    '<x:row r="80"><x:c r="B80" t="e"><x:v>#N/A</x:v></x:c><x:c r="Z80" s="1"/></x:row>'
)
ODD_TEXTS = (
    '<si><t>text</t></si><si><r><t>o</t></r><r><t xml:space="preserve">ne_x000D_ </t></r>'
    '<rPh sb="0" eb="1"><t>no</t></rPh></si>'
)
ODD_STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm"/></numFmts><cellStyleXfs><xf numFmtId="0"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>'
)


def odd_parts() -> dict[str, str]:
    rows = f'<x:worksheet xmlns:x="{books.MAIN}"><x:sheetData>{ODD}</x:sheetData></x:worksheet>'
    return books.parts(rows, ODD_TEXTS, ODD_STYLES)


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_what_other_programs_write_is_read(tmp_path: Path) -> None:
    path, out = tmp_path / "a.xlsx", tmp_path / "out.xlsx"
    path.write_bytes(books.zipped(odd_parts()))
    table = read_excel(path)
    assert table.names == ("text", "label") and len(table) == 2
    assert table.cells("text") == ["one\r ", 46053] and table.cells("label", [1, 0]) == [None, "cat"]
    assert "1 rows are hidden" in table.remarks[1] and "Formulas in the columns 'label' (1)" in table.remarks[0]
    dataset = opened(path)
    write_labels(dataset, {1: Edit(None, "dog")}, out)
    assert values(out)[6][:2] == [46053, "dog"]
    with pytest.raises(DataError, match=r"the label in B4 is a formula, which is never overwritten.*Nothing was writ"):
        write_labels(dataset, {0: Edit("cat", "dog")}, tmp_path / "no.xlsx")
    assert not (tmp_path / "no.xlsx").exists()


def test_the_cells_that_one_formula_fills_are_not_overwritten(tmp_path: Path) -> None:
    cells = '<c r="A%d" t="inlineStr"><is><t>%s</t></is></c><c r="B%d" t="str">%s<v>%s</v></c>'
    filled = [(1, "text", 1, "", "label"), (2, "x", 2, '<f t="array" ref="B2:B3">A2:A3</f>', "a"), (3, "y", 3, "", "b")]
    rows = "".join(f'<row r="{one[0]}">{cells % one}</row>' for one in filled)
    (tmp_path / "a.xlsx").write_bytes(books.zipped(books.parts(books.worksheet(rows))))
    with pytest.raises(DataError, match="the label in B3 is a formula"):
        write_labels(opened(tmp_path / "a.xlsx"), {1: Edit("b", "a")}, tmp_path / "out.xlsx")


def test_the_sheet_is_the_only_one_that_is_shown_or_the_one_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = books.save(path)
    book.create_sheet("other").append(["text", "label"])
    book["other"].append(["x", "pig"])
    book.create_chartsheet("chart").add_chart(BarChart())
    book.save(path)
    with pytest.raises(SetupError, match=r"has 2 sheets: 'data', 'other'. Which one\? Pass --sheet NAME"):
        opened(path)
    with pytest.raises(SetupError, match=r"has no sheet 'Data' \(nearest: 'data'\)"):
        opened(path, sheet="Data")
    dataset = opened(path, sheet="other")
    assert dataset.cells == ("pig",) and "Only the sheet 'other' is read" in dataset.remarks[0]
    write_labels(dataset, {0: Edit("pig", "cow")}, tmp_path / "out.xlsx")
    assert values(tmp_path / "out.xlsx", "other")[1] == ["x", "cow"]
    assert values(tmp_path / "out.xlsx") == values(path)
    book["other"].sheet_state = "hidden"
    book.save(path)
    assert opened(path).cells == ("cat", "dog", "cat")
    assert opened(path, sheet="other").cells == ("pig",)


def merged(cells: str) -> Any:
    def change(sheet: Any) -> None:
        sheet.merge_cells(cells)

    return change


def put(cell: str, value: object) -> Any:
    def change(sheet: Any) -> None:
        sheet[cell] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (merged("B2:B3"), r"sheet 'data': the cells B2:B3 of column 'label' are merged. Unmerge them"),
        (merged("A1:B1"), r"sheet 'data': the header is merged \(A1:B1\)"),
        (put("B3", "=A3"), r"cell B3 of column 'label' is a formula whose value is not in the file"),
        (put("B3", datetime(2026, 1, 1)), "mixes types: str .*datetime"),
        (put("B3", 2), "mixes types: str .*int"),
        (put("C1", "label"), "2 columns named 'label'"),
        (lambda sheet: sheet.delete_rows(1, 9), "sheet 'data' is empty"),
        (lambda sheet: sheet.delete_rows(2, 9), "has no rows"),
        (lambda sheet: sheet.insert_rows(1, 3), None),
        (merged("C2:C3"), None),
        (merged("A9:F12"), None),
    ],
)
def test_what_cannot_be_used_is_explained(tmp_path: Path, change: Any, message: str | None) -> None:
    path = tmp_path / "a.xlsx"
    book = books.save(path)
    change(book["data"])
    book.save(path)
    if message is None:
        assert opened(path).cells == ("cat", "dog", "cat")
        return
    with pytest.raises(DataError, match=message):
        opened(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda files: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, r"Excel 97 \(.xls\)"),
        (
            lambda files: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected with a password",
        ),
        (lambda files: b"", "is no whole .xlsx workbook"),
        (lambda files: books.zipped({"mimetype": "ods"}), "is no whole .xlsx workbook"),
        (lambda files: books.zipped(files)[:-60], "is no whole .xlsx workbook"),
        (lambda files: books.zipped({n: d for n, d in files.items() if n != SHEET}), "lacks its part"),
        (
            lambda files: books.zipped(
                files | {SHEET: files[SHEET].replace("<x:w", '<!DOCTYPE x [<!ENTITY a "aa">]><x:w', 1)}
            ),
            "declares a document type",
        ),
        (
            lambda files: books.zipped(files | {SHEET: files[SHEET].replace('"UTF-8"', '"UTF-16"').encode("utf-16")}),
            "only UTF-8 is read",
        ),
        (lambda files: books.zipped(files | {SHEET: files[SHEET][:-20]}), "is damaged"),
        (lambda files: books.zipped(files | {SHEET: files[SHEET].replace("B4", "A4")}), "out of its order"),
        (lambda files: books.zipped(files | {SHEET: files[SHEET].replace("<x:v>1<", "<x:v>-1<")}), "A4 cannot be read"),
        (lambda files: books.zipped(files | {SHEET: files[SHEET].replace("46053", "x")}), "A7 cannot be read"),
        (lambda files: books.zipped(files | {SHEET: files[SHEET].replace("80", "9999999")}), "row 9999999"),
        (lambda files: books.zipped(files | {"xl/big": bytes(600 << 20)}), r"unpacks to 629 MB, more than 537"),
    ],
)
def test_what_is_no_workbook_is_explained(tmp_path: Path, change: Any, message: str) -> None:
    (tmp_path / "a.xlsx").write_bytes(change(odd_parts()))
    with pytest.raises(DataError, match=message):
        opened(tmp_path / "a.xlsx")


def test_two_parts_of_one_name_are_refused_since_programs_differ_in_which_they_read(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(books.zipped(odd_parts()))
    with zipfile.ZipFile(tmp_path / "a.xlsx", "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(SHEET, "<worksheet/>")
    with pytest.raises(DataError, match="two parts of the same name"):
        opened(tmp_path / "a.xlsx")


def test_a_full_disk_is_no_damaged_workbook(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, _: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    books.save(tmp_path / "a.xlsx")
    with pytest.raises(OSError, match="No space left"):
        read_excel(tmp_path / "a.xlsx").book.write(SHEET, b"", Full())


def test_columns_that_no_program_could_open_are_not_added(tmp_path: Path) -> None:
    book = books.save(tmp_path / "a.xlsx")
    book["data"]["XFD2"].number_format = "@"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match="no room for 1 more columns"):
        write_labels(opened(tmp_path / "a.xlsx"), {}, tmp_path / "out.xlsx", {"errata_x": [None] * 3})
    assert not (tmp_path / "out.xlsx").exists()


def test_a_sheet_is_for_a_workbook_and_other_kinds_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nx,a\n")
    with pytest.raises(SetupError, match="--sheet is for Excel workbooks"):
        opened(tmp_path / "a.csv", sheet="data")
    (tmp_path / "a.ods").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"save it as .xlsx"):
        opened(tmp_path / "a.ods")


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    books.save(tmp_path / "a.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(SetupError, match=r"pip install 'errata-labels\[excel\]'"):
        opened(tmp_path / "a.xlsx")


CELLS = st.one_of(
    st.none(),
    st.text(
        st.characters(codec="utf-8", exclude_characters="\r", min_codepoint=9, exclude_categories=["Cc"]), max_size=8
    ),
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9),
    st.booleans(),
    st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)).map(lambda when: when.replace(microsecond=0)),
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, st.sampled_from(["a", "b", "_x0041_"]), CELLS), min_size=2, max_size=6))
def test_every_cell_is_read_as_openpyxl_reads_it(rows: list[tuple[object, ...]], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("cells") / "a.xlsx"
    books.save(path, [["text", "label", "more"], *rows])
    table = read_excel(path)
    stored = openpyxl.load_workbook(path)["data"]
    for place, name in ((1, "text"), (3, "more")):
        expected = [stored.cell(row, place).value for row in range(2, len(rows) + 2)]
        formulas = [stored.cell(row, place).data_type == "f" for row in range(2, len(rows) + 2)]
        if any(formulas):
            continue
        assert table.cells(name) == [None if value == "" else value for value in expected]

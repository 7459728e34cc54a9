"""CSV: reads what Python's csv reads, and writing changes only the labels' bytes."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from errata.errors import DataError
from errata.tools.data import Columns, Edit, open_dataset, write_labels
from errata.tools.data.csv_file import read_csv

COLUMNS = Columns(label="label", text=("text",))
LABELS = ["cat", "dog", "a,b", 'says "x"', "über\u2028", " pad ", "two\nlines", "semi;colon", "tab\there"]
CELLS = st.text(alphabet='ab é"\n\r,;\t\u2028', max_size=6)


@dataclass
class Made:
    """A CSV built piece by piece, so that the expected bytes never pass through the code under test."""

    pieces: list[bytes]
    labels: dict[int, tuple[int, str, bool]]
    texts: list[str]
    delimiter: str

    def source(self) -> bytes:
        return b"".join(self.pieces)

    def relabeled(self, new: dict[int, str]) -> bytes:
        pieces = list(self.pieces)
        for row, label in new.items():
            place, _, quoted = self.labels[row]
            pieces[place] = render(label, self.delimiter, quoted=quoted or needs_quotes(label, self.delimiter))
        return b"".join(pieces)


def needs_quotes(value: str, delimiter: str) -> bool:
    return any(mark in value for mark in (delimiter, "\n", "\r", '"'))


def render(value: str, delimiter: str, *, quoted: bool) -> bytes:
    return ('"' + value.replace('"', '""') + '"' if quoted else value).encode()


@st.composite
def csv_files(draw: st.DrawFn) -> Made:
    delimiter = draw(st.sampled_from([",", ";", "\t"]))
    eol = st.sampled_from([b"\n", b"\r\n", b"\r"])
    sep = delimiter.encode()
    pieces = [draw(st.sampled_from([b"", b"\xef\xbb\xbf"])), sep.join([b"text", b"label", b"other"]), draw(eol)]
    made = Made(pieces, {}, [], delimiter)
    rows = draw(st.integers(2, 5))
    for row in range(rows):
        text, label, other = draw(CELLS), draw(st.sampled_from(LABELS)), draw(CELLS)
        quotes = [draw(st.booleans()) or needs_quotes(value, delimiter) for value in (text, label, other)]
        cells = [render(v, delimiter, quoted=q) for v, q in zip((text, label, other), quotes, strict=True)]
        made.labels[row] = (len(pieces) + 2, label, quotes[1])
        made.texts.append(text)
        pieces += [cells[0], sep, cells[1], sep, cells[2], draw(eol)]
        pieces += draw(st.lists(st.just(b"\n"), max_size=1))
    if draw(st.booleans()):
        pieces.append(b"")
    else:
        while pieces[-1] in (b"\n", b"\r\n", b"\r"):
            pieces.pop()
    return made


@settings(max_examples=100, deadline=None)
@given(made=csv_files(), data=st.data())
def test_edits_change_the_label_cells_only_and_raw_tokens_bring_them_back(made: Made, data: st.DataObject) -> None:
    assume(len({label for _, label, _ in made.labels.values()}) > 1)
    new = data.draw(st.dictionaries(st.sampled_from(sorted(made.labels)), st.sampled_from(LABELS)))
    with tempfile.TemporaryDirectory() as folder:
        path, out, back = (Path(folder) / name for name in ("a.csv", "out.csv", "back.csv"))
        path.write_bytes(made.source())
        dataset = open_dataset(path, COLUMNS, allow_one_label=True)
        assert dataset.cells == tuple(label for _, label, _ in made.labels.values())
        assert [item.text or "" for item in dataset.items(range(len(dataset)))] == made.texts
        raws = write_labels(dataset, {r: Edit(dataset.cells[r], label) for r, label in new.items()}, out)
        assert out.read_bytes() == made.relabeled(new)
        undo = {row: Edit(label, dataset.cells[row], raws[row]) for row, label in new.items()}
        write_labels(open_dataset(out, COLUMNS, allow_one_label=True), undo, back)
        assert back.read_bytes() == made.source()


@settings(max_examples=40, deadline=None)
@given(made=csv_files())
def test_added_columns_are_taken_away_again_without_a_trace(made: Made) -> None:
    assume(len({label for _, label, _ in made.labels.values()}) > 1)
    with tempfile.TemporaryDirectory() as folder:
        path, out, back = (Path(folder) / name for name in ("a.csv", "out.csv", "back.csv"))
        path.write_bytes(made.source())
        values = [f'a "b", {row}' for row in range(len(made.labels))]
        write_labels(
            open_dataset(path, COLUMNS, allow_one_label=True),
            {},
            out,
            {"errata_x": values, "errata_y": [None] * len(values)},
        )
        annotated = open_dataset(out, COLUMNS, allow_one_label=True)
        assert annotated.column("errata_x") == values
        assert annotated.column("errata_y") == [None] * len(values)
        write_labels(annotated, {}, back, drop=["errata_x", "errata_y"])
        assert back.read_bytes() == made.source()


@settings(max_examples=150, deadline=None)
@given(body=st.text(alphabet='a", \n\r', max_size=30))
def test_any_text_reads_as_python_s_csv_reads_it_or_is_refused(body: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder), f"one,two\n{body}".encode())
        expected = [row for row in csv.reader(io.StringIO(body, newline="")) if row]
        try:
            table = read_csv(path)
        except DataError:
            assert any(len(row) != 2 for row in expected) or body.count('"') > 0
            return
        for place, name in enumerate(table.names):
            values = [row[place] or None for row in expected]
            assert table.cells(name) == table.cells(name, range(len(table))) == values


def make(folder: Path, content: bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_label_next_to_untidy_cells_is_changed_in_place(tmp_path: Path) -> None:
    path = make(tmp_path, b'id,text,label\r\n1,"x"y"z , cat\r\n\r\n2,a"b,"dog"\r\n3,,')
    dataset = open_dataset(path, COLUMNS)
    assert dataset.cells == (" cat", "dog", None)
    assert dataset.column("text") == ['xy"z ', 'a"b', None]
    raws = write_labels(
        dataset, {0: Edit(" cat", "pig"), 1: Edit("dog", "cow"), 2: Edit(None, "e,f")}, tmp_path / "o.csv"
    )
    assert (tmp_path / "o.csv").read_bytes() == b'id,text,label\r\n1,"x"y"z ,pig\r\n\r\n2,a"b,"cow"\r\n3,,"e,f"'
    assert raws == {0: " cat", 1: '"dog"', 2: ""}


def test_a_cell_of_more_than_a_hundred_thousand_characters_is_read(tmp_path: Path) -> None:
    path = make(tmp_path, b"text,label\n" + b"x" * 300_000 + b",a\ny,b\n")
    assert len(open_dataset(path, COLUMNS).items([0])[0].text or "") == 300_000


def test_the_header_decides_on_the_delimiter(tmp_path: Path) -> None:
    path = make(tmp_path, b"id;text;label\n1;one, two, three, four;a\n2;x;b\n")
    assert open_dataset(path, COLUMNS).cells == ("a", "b")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\r\n\n", "is empty"),
        (b"text,label\n", "no rows"),
        (b"text,label\nx,a\ny,b,c\n", "line 3: 3 cells, but the header has 2"),
        (b"text,label\nx,a\ny\n", "line 3: 1 cells, but the header has 2"),
        (b'text,label\nx,a\n"y,b\nz,c\n', "cells, but the header has 2"),
        (b'text,label\nx,a\ny,"b\n', "the row that begins on line 3 opens a quote that never closes"),
        (b"text,label,label\nx,a,b\ny,b,c\n", "2 columns named 'label'"),
        (b"text,Label\nx,a\ny,b\n", r"no column 'label' \(nearest: 'Label'\)"),
        (b"text,label\nx,a\ny,a\n", "holds only the label 'a'"),
        (b"text,label\nx,\ny,\n", "holds no labels"),
        (b"text,label\nx,3.0\ny,3.5\n", r"not whole \(row 1: 3.5\)"),
        (b"text,label\nx,3.0\ny,1e400\n", r"too large for classes \(row 1: 1e400\)"),
        (b"text,label\nx,a\ny,several\n", "'several' in column 'label' is a word that errata uses itself"),
    ],
)
def test_what_cannot_be_used_is_explained(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_dataset(make(tmp_path, content), COLUMNS)


def test_whole_numbers_sort_as_numbers(tmp_path: Path) -> None:
    path = make(tmp_path, b"text,label\nx,10\ny,9\nz,2\n")
    assert open_dataset(path, COLUMNS).label_space.names == ("2", "9", "10")

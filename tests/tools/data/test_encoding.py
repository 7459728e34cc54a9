"""CSV files that are not UTF-8: read as what they are, asked about if that is unclear, and written back in the same
bytes."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.errors import DataError, SetupError
from errata.tools.data import Columns, Dataset, Edit, open_dataset, write_labels
from errata.tools.data.encoding import as_utf8

HERE = Path("mail.csv")
COLUMNS = Columns(label="label", text=("text",))
GERMAN = 'text,label\r\nW\u00f6rter \u201cx\u201d,"M\u00fcll"\r\n\u00fcber,b\r\nx,M\u00fcll\r\n'


def opened(path: Path, content: bytes, encoding: str | None = None) -> Dataset:
    path.write_bytes(content)
    return open_dataset(path, COLUMNS, encoding=encoding, allow_one_label=True)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (GERMAN.encode(), "utf-8"),
        (GERMAN.encode("utf-8-sig"), "utf-8"),
        (GERMAN.encode("cp1252"), "cp1252"),
        (GERMAN.encode("utf-16"), "utf-16-le"),
        (("\ufeff" + GERMAN).encode("utf-16-be"), "utf-16-be"),
        (GERMAN.encode("utf-16-le"), "utf-16-le"),
        (GERMAN.encode("utf-16-be"), "utf-16-be"),
        (GERMAN.encode("utf-32"), "utf-32-le"),
        (b"text,label\nx\0y,a\nz,b\n", "utf-8"),
    ],
)
def test_an_encoding_that_is_clear_is_detected_and_told(tmp_path: Path, content: bytes, encoding: str) -> None:
    dataset = opened(tmp_path / "mail.csv", content)
    assert dataset.encoding == encoding
    assert any(encoding in remark for remark in dataset.remarks) == (encoding != "utf-8")
    if b"\0y" not in content:
        assert dataset.cells == ("M\u00fcll", "b", "M\u00fcll")
        assert dataset.texts([0]) == ["W\u00f6rter \u201cx\u201d"]


@pytest.mark.parametrize(
    ("text", "encoding", "asked"),
    [
        ("tr\u00e8s bon", "cp1252", "cp1252 if it says 'tr\u00e8s', cp1250 if it says 'tr\u010ds'"),
        ("\u043f\u0440\u0438\u0432\u0435\u0442", "cp1251", "cp1251 if it says '\u043f\u0440\u0438\u0432\u0435\u0442'"),
        ("20 \u20ac", "cp1252", "cp1252 if it says '\u20ac', cp1251 if it says '\u0402'"),
    ],
)
def test_an_encoding_that_is_unclear_is_asked_about(text: str, encoding: str, asked: str) -> None:
    data = f"text,label\n{text},a\n".encode(encoding)
    with pytest.raises(DataError, match=r"mail.csv is not UTF-8: byte 0x.. at position \d+ \(line 2\)") as raised:
        as_utf8(data, HERE)
    assert asked in str(raised.value)
    assert as_utf8(data, HERE, encoding) == (f"text,label\n{text},a\n".encode(), encoding)


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        ("text,label\nW\u00f6rter,a\n".encode()[:-5] + b"\xe9,a\n", None, "Name its encoding with --encoding"),
        (
            "text,label\nW\u00f6rter,a\n".encode("cp1252"),
            "utf-8",
            "not in the encoding utf-8: byte 0xf6 at position 12",
        ),
        (b"text,label\n\x81,a\n", "cp1252", r"not in the encoding cp1252: byte 0x81 at position 11 \(line 2\)"),
        (b"text,label\n\x81,a\n", None, "Pass --encoding|Name its encoding"),
        (GERMAN.encode("utf-16")[:-1], None, "not in the encoding utf-16-le"),
        (b"a+AG4-,b\n", "utf-7", "cannot be written back in utf-7 with the same bytes"),
        (b"\xff", None, "not UTF-8"),
        (b"\xff\xfe\x00\xd8a\x00", None, "not in the encoding utf-16-le"),
    ],
)
def test_what_is_in_no_encoding_is_explained(data: bytes, encoding: str | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_utf8(data, HERE, encoding)


@pytest.mark.parametrize("name", ["nonsense", "hex", "rot13", "", "utf-16", "a\0b"])
def test_a_name_of_no_encoding_is_refused(name: str) -> None:
    with pytest.raises((SetupError, DataError), match="--encoding"):
        as_utf8(b"text,label\nx,\xe9\xe8\n", HERE, name)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-8-sig", "cp932"])
def test_only_the_labels_change_and_come_back_in_the_same_bytes(tmp_path: Path, encoding: str) -> None:
    text = 'text,label,n\r\n"a ""b"",\nc",cat,1\r\n\r\nd,"dog",02\r\n;,cat,'
    source, path = text.encode(encoding), tmp_path / "a.csv"
    dataset = opened(path, source, encoding)
    raw = write_labels(dataset, {0: Edit("cat", "dog"), 1: Edit("dog", "c,t")}, tmp_path / "out.csv")
    out = (tmp_path / "out.csv").read_bytes()
    assert out == text.replace(",cat,1", ",dog,1").replace('"dog",02', '"c,t",02').encode(encoding)
    found = pd.read_csv(io.BytesIO(out), encoding=encoding, dtype=str)
    assert found["label"].tolist() == ["dog", "c,t", "cat"] and found["n"].tolist()[:2] == ["1", "02"]
    undo = {0: Edit("dog", "cat", raw[0]), 1: Edit("c,t", "dog", raw[1])}
    write_labels(opened(path, out, encoding), undo, tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_bytes() == source


def test_a_label_that_the_encoding_cannot_write_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    dataset = opened(tmp_path / "a.csv", GERMAN.encode("cp1252"))
    with pytest.raises(DataError, match=r"is in cp1252, which cannot write '\u0141' \(in '.*\u0141\u00f3d\u017a"):
        write_labels(dataset, {1: Edit("b", "\u0141\u00f3d\u017a")}, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_an_encoding_is_for_a_csv(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x", "label": "a"}\n')
    with pytest.raises(SetupError, match="--encoding is for CSV files"):
        open_dataset(tmp_path / "a.jsonl", COLUMNS, encoding="cp1252")


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=40), encoding=st.sampled_from([None, "cp1252", "utf-16-le", "cp932", "utf-8"]))
def test_any_bytes_are_read_so_that_they_can_be_written_back_or_refused(data: bytes, encoding: str | None) -> None:
    try:
        text, known = as_utf8(data, HERE, encoding)
    except DataError:
        return
    assert text.decode().encode(known) == data

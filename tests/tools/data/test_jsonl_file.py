"""JSON Lines: writing changes only the labels' tokens."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from errata.errors import DataError
from errata.tools.data import Columns, Edit, open_dataset, write_labels

COLUMNS = Columns(label="label", text=("text",))
LABELS = ["cat", "dog", 'says "x"', "über\u2028", "two\nlines", "}{", '"label": "x"']
SPACES = st.sampled_from(["", " ", "  ", "\t"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(alphabet='a"\\\n{}[]:,é\u2028', max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["label", "x"]), inner, max_size=2),
    max_leaves=4,
)


@dataclass
class Made:
    """A JSON Lines file built piece by piece; ``labels``: by row, the place of the token, the label, ASCII or not."""

    pieces: list[str] = field(default_factory=list)
    labels: dict[int, tuple[int, str, bool]] = field(default_factory=dict)

    def source(self) -> bytes:
        return "".join(self.pieces).encode()

    def relabeled(self, new: dict[int, str]) -> bytes:
        pieces = list(self.pieces)
        for row, label in new.items():
            place, _, is_ascii = self.labels[row]
            pieces[place] = json.dumps(label, ensure_ascii=is_ascii)
        return "".join(pieces).encode()


@st.composite
def jsonl_files(draw: st.DrawFn) -> Made:
    made = Made([draw(st.sampled_from(["", "\ufeff"]))])
    for row in range(draw(st.integers(2, 4))):
        members = {**draw(st.dictionaries(st.sampled_from(["a", "b", 'q"', "é"]), VALUES)), "text": "t", "label": ""}
        label, start, line = draw(st.sampled_from(LABELS)), len(made.pieces), []
        escaped = draw(st.booleans())
        keys = draw(st.permutations(sorted(members)))
        for i, key in enumerate(keys):
            token = json.dumps(label if key == "label" else members[key], ensure_ascii=escaped)
            colon = f"{draw(SPACES)}:{draw(SPACES)}"
            line += [("{" if i == 0 else ",") + draw(SPACES) + json.dumps(key, ensure_ascii=escaped) + colon]
            line += [token, draw(SPACES)]
        made.pieces += [*line, "}", draw(st.sampled_from(["\n", "\r\n", "\n\n", " \n"]))]
        made.labels[row] = (start + 3 * keys.index("label") + 1, label, "".join(line).isascii())
    if draw(st.booleans()):
        made.pieces.pop()
    return made


@settings(max_examples=100, deadline=None)
@given(made=jsonl_files(), data=st.data())
def test_edits_change_the_label_tokens_only_and_raw_tokens_bring_them_back(made: Made, data: st.DataObject) -> None:
    assume(len({label for _, label, _ in made.labels.values()}) > 1)
    new = data.draw(st.dictionaries(st.sampled_from(sorted(made.labels)), st.sampled_from(LABELS)))
    with tempfile.TemporaryDirectory() as folder:
        path, out, back = (Path(folder) / name for name in ("a.jsonl", "out.jsonl", "back.jsonl"))
        path.write_bytes(made.source())
        dataset = open_dataset(path, COLUMNS, allow_one_label=True)
        assert dataset.cells == tuple(label for _, label, _ in made.labels.values())
        raws = write_labels(dataset, {r: Edit(dataset.cells[r], label) for r, label in new.items()}, out)
        assert out.read_bytes() == made.relabeled(new)
        undo = {row: Edit(label, dataset.cells[row], raws[row]) for row, label in new.items()}
        write_labels(open_dataset(out, COLUMNS, allow_one_label=True), undo, back)
        assert back.read_bytes() == made.source()


def make(folder: Path, content: str) -> Path:
    path = folder / "a.jsonl"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    return path


def test_missing_keys_and_added_columns_come_and_go_without_a_trace(tmp_path: Path) -> None:
    lines = ["{ }", '{"text": "x" }', '{"text": "é", "label": null}', '{"label": "a", "text": "y"}']
    path, out, back = (
        make(tmp_path, "\n".join([*lines, '{"text": "z", "label": "b"}'])),
        tmp_path / "o.jsonl",
        tmp_path / "b.jsonl",
    )
    dataset = open_dataset(path, COLUMNS)
    assert dataset.cells == (None, None, None, "a", "b")
    edits = {row: Edit(dataset.cells[row], "c") for row in range(4)}
    raws = write_labels(dataset, edits, out, {"errata_x": [1.5, None, "é", True, 2]})
    assert raws == {0: "", 1: "", 2: "null", 3: '"a"'}
    assert out.read_text(encoding="utf-8").split("\n") == [
        '{"label": "c", "errata_x": 1.5 }',
        '{"text": "x", "label": "c", "errata_x": null }',
        '{"text": "é", "label": "c", "errata_x": "é"}',
        '{"label": "c", "text": "y", "errata_x": true}',
        '{"text": "z", "label": "b", "errata_x": 2}',
    ]
    undo = {row: Edit("c", dataset.cells[row], raws[row]) for row in edits}
    write_labels(open_dataset(out, COLUMNS, allow_one_label=True), undo, back, drop=["errata_x"])
    assert back.read_bytes() == path.read_bytes()


def test_the_last_of_a_duplicate_key_counts(tmp_path: Path) -> None:
    path = make(tmp_path, '{"label": "a", "text": "x", "label": "b"}\n{"label": "c", "text": "y"}')
    dataset = open_dataset(path, COLUMNS)
    assert dataset.cells == ("b", "c")
    write_labels(dataset, {0: Edit("b", "c")}, path)
    assert path.read_text() == '{"label": "a", "text": "x", "label": "c"}\n{"label": "c", "text": "y"}'


@pytest.mark.parametrize(
    ("values", "labels", "new", "token"),
    [(("1", "12"), ("1", "12"), "7", "7"), (("true", "false"), ("true", "false"), "false", "false")],
)
def test_numbers_and_booleans_stay_what_they_are(
    tmp_path: Path, values: tuple[str, str], labels: tuple[str, str], new: str, token: str
) -> None:
    path = make(tmp_path, "".join(f'{{"text": "x", "label": {value}}}\n' for value in values))
    dataset = open_dataset(path, COLUMNS)
    assert dataset.cells == labels
    write_labels(dataset, {0: Edit(labels[0], new)}, path)
    assert path.read_text().startswith(f'{{"text": "x", "label": {token}}}')
    with pytest.raises(DataError, match="cannot hold 'cat'"):
        write_labels(open_dataset(path, COLUMNS, allow_one_label=True), {1: Edit(labels[1], "cat")}, path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ('{"text": "x", "label": "a"}\n\n{"text": "y", "label": "b"\n', "line 3, is not JSON"),
        ('{"text": "x", "label": "a"}\n["y", "b"]\n', "line 2, holds a list"),
        ('{"text": "x", "label": "a"}\n{"text": ' + "[" * 99_999 + "\n", "line 2, is not JSON"),
        ('{"text": "x", "label": 1}\n{"text": "y", "label": "1"}', r"int \(row 0: 1\), str \(row 1: '1'\)"),
        ('{"text": "x", "label": 3}\n{"text": "y", "label": 3.5}', r"not whole \(row 1: 3.5\)"),
        ('{"text": "x", "label": {"a": 1}}\n{"text": "y", "label": {"b": 2}}', "holds dict values"),
        ('{"text": "x", "label": "a\\ud800"}\n{"text": "y", "label": "b"}', "half a character"),
        ('{"text": "x", "class": "a"}\n{"text": "y", "class": "b"}', "no column 'label'"),
    ],
)
def test_what_cannot_be_used_is_explained(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_dataset(make(tmp_path, content), COLUMNS)


def test_texts_that_cannot_be_shown_are_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    texts = ['"fine"', '""', '" "', "null", '["x"]', '"\\ud800"', "7"]
    lines = [f'{{"text": {text}, "label": "{label}"}}' for text, label in zip(texts, "aaaaaab", strict=True)]
    dataset = open_dataset(make(tmp_path, "\n".join(lines)), COLUMNS)
    assert sorted(dataset.problems) == [1, 2, 3, 4, 5]
    assert [item.text for item in dataset.items([0, 6])] == ["fine", "7"]

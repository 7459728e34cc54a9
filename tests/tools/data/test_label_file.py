"""labels.toml: former names, spellings, and invalid files."""

from __future__ import annotations

from pathlib import Path

import pytest

from errata.errors import DataError
from errata.toml import LARGEST
from errata.tools.data.label_file import read_label_space
from errata.types import LabelSpace


def space_of(tmp_path: Path, text: str, *labels: str | None) -> LabelSpace:
    (tmp_path / "labels.toml").write_text(text, encoding="utf-8")
    return read_label_space(tmp_path / "labels.toml", labels)


def test_a_label_is_known_by_its_former_names(tmp_path: Path) -> None:
    text = '[labels.bike]\nwas = ["bicycle", "cycle"]\n[labels.car]\n'
    assert space_of(tmp_path, text, "car", "bike").renames == {"bicycle": "bike", "cycle": "bike"}
    half_renamed = space_of(tmp_path, text, "car", "bike", "cycle", None)
    assert half_renamed.names == ("bike", "car")
    assert half_renamed.canonical("cycle") == "bike"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[labels.a]\nwas = ["b"]\n[labels.b]\n', "'b' is a label, and a former name of 'a' too"),
        ('[labels.a]\nwas = ["x"]\n[labels.b]\nwas = ["x"]\n', "'x' is a former name of both 'a' and 'b'"),
        ('[labels.a]\n[labels." "]\n', "the label ' ' is blank"),
        ("[labels.a]\nwas = 3\n[labels.b]\n", "cannot be read as a label file"),
        (f"[labels.a]\ndefinition = {'9' * 5000}\n[labels.b]\n", "cannot be read as a label file"),
        (f"x = {'[' * 5000}", "cannot be read as a label file"),
        (f"x = {'{a=' * 5000}", "cannot be read as a label file"),
        (f"[labels.a]\n{'a.' * 50_000}a = 1", "a name has thousands of dots"),
        (f"[labels{'.' + chr(34) * 2 + ' '}{(' . ' + chr(39) * 2) * 50_000}]", "a name has thousands of dots"),
        ("x" * 2_000_000, "cannot be read as a label file"),
        ('"x' * 1_000_000, "cannot be read as a label file"),
        ("#" * (LARGEST + 1), "larger than 16 MB"),
    ],
)
def test_an_invalid_file_is_explained(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        space_of(tmp_path, text, "a", "b")


def test_a_definition_may_hold_any_prose(tmp_path: Path) -> None:
    prose = "One. Two. Three. " * 400 + "e.g. a.b.c.d ... " * 40 + '"quoted". ' * 50
    space = space_of(tmp_path, f"[labels.a]\ndefinition = '''{prose}'''\n[labels.b]\n", "a", "b")
    assert space.definitions == {"a": prose}


def test_a_label_of_the_data_that_differs_in_form_counts_as_the_one_listed(tmp_path: Path) -> None:
    space = space_of(tmp_path, "[labels.Cat]\n[labels.dog]\n", "cat ", "dog")
    assert (space.names, space.spellings) == (("Cat", "dog"), {"cat ": "Cat"})


def test_labels_that_are_listed_are_apart_however_alike(tmp_path: Path) -> None:
    space = space_of(tmp_path, "[labels.a]\n[labels.A]\n", "a", "A")
    assert (space.names, space.spellings) == (("a", "A"), {})
    with pytest.raises(DataError, match="row 1: label 'a ' is not in"):
        space_of(tmp_path, "[labels.a]\n[labels.A]\n", "a", "a ")

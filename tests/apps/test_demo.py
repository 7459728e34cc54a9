"""errata demo recreates its folder, but never any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from errata.apps.cli.demo import MADE, MARK, recreate_folder
from errata.errors import SetupError


@pytest.mark.parametrize("names", [("digits.csv", "images"), (MARK, "notes.txt"), ("other",)])
def test_a_folder_that_holds_anything_else_is_left_as_it_is(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(SetupError, match="something else"):
        recreate_folder(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(names)


def test_an_earlier_demo_and_an_empty_folder_are_recreated(tmp_path: Path) -> None:
    recreate_folder(tmp_path / "new" / "demo")
    for name in MADE:
        (tmp_path / "new" / "demo" / name).touch()
    recreate_folder(tmp_path / "new" / "demo")
    assert [path.name for path in (tmp_path / "new" / "demo").iterdir()] == [MARK]

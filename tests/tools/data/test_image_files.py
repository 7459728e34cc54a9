"""Names in an image column lead only to files in the data's folder and in allowed folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from errata.errors import DataError, SetupError
from errata.tools.data.image_files import ImageFiles
from errata.tools.data.regular_file import MAX_BYTES


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder ``data`` with an image in a subfolder, next to ``out/a`` and ``out/b``."""
    for name in ("data/photos/1.png", "data/back\\slash.png", "out/a/1.png", "out/b/2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def files(place: Path, *names: str, roots: tuple[str, ...] = ()) -> ImageFiles:
    return ImageFiles(place / "data", [place / root for root in roots], lambda: names)


def read(place: Path, name: str, roots: tuple[str, ...] = ()) -> str:
    return files(place, name, roots=roots).read(name).decode()


def why_not(place: Path, name: str, *others: str, roots: tuple[str, ...] = ()) -> str:
    with pytest.raises(DataError) as caught:
        files(place, name, *others, roots=roots).read(name)
    return str(caught.value)


@pytest.mark.parametrize("name", ["photos/1.png", "photos\\1.png", "./photos/../photos/1.png", "{data}/photos/1.png"])
def test_files_of_the_data_s_folder_are_found_however_they_are_spelled(place: Path, name: str) -> None:
    assert read(place, name.format(data=place / "data")) == "data/photos/1.png"


def test_a_backslash_in_a_name_that_is_there_parts_nothing(place: Path) -> None:
    assert read(place, "back\\slash.png") == "data/back\\slash.png"


def test_the_data_s_folder_comes_before_the_roots_in_their_order(place: Path) -> None:
    (place / "out/photos").mkdir()
    (place / "out/photos/1.png").write_text("the root's")
    assert read(place, "photos/1.png", ("out",)) == "data/photos/1.png"
    assert read(place, "1.png", ("out/b", "out/a")) == "out/a/1.png"


@pytest.mark.parametrize("name", ["../out/a/1.png", "{place}/out/a/1.png", "link.png", "folder/1.png", "chain.png"])
def test_what_leads_outside_is_refused_until_its_folder_is_allowed_by_name(place: Path, name: str) -> None:
    (place / "data/link.png").symlink_to(place / "out/a/1.png")
    (place / "data/chain.png").symlink_to("link.png")
    (place / "data/folder").symlink_to(place / "out/a")
    name = name.format(place=place)
    assert why_not(place, name).endswith(f"allow it: --image-root {place / 'out/a'}")
    assert read(place, name, ("out/a",)) == "out/a/1.png"


def test_the_folder_to_allow_is_one_for_all_that_the_column_names_outside(place: Path) -> None:
    names = (f"{place}/out/a/1.png", "photos/1.png", "../out/b/2.png")
    assert why_not(place, *names).endswith(f"--image-root {place / 'out'}")
    assert files(place, *names, roots=("out",)).read(names[2]) == b"out/b/2.png"


def test_a_folder_to_allow_is_quoted_for_the_shell_and_never_the_whole_machine(place: Path) -> None:
    (place / "my photos").mkdir()
    (place / "my photos/1.png").write_text("x")
    assert why_not(place, "../my photos/1.png").endswith(f"--image-root '{place}/my photos'")
    assert why_not(place, f"{place}/out/a/1.png", "/etc/passwd").endswith(f"--image-root {place}/out/a")


def test_a_link_inside_the_folder_is_followed(place: Path) -> None:
    (place / "data/link.png").symlink_to("photos/1.png")
    assert read(place, "link.png") == "data/photos/1.png"


def test_a_sibling_folder_with_the_same_prefix_is_outside(place: Path) -> None:
    (place / "data2").mkdir()
    (place / "data2/1.png").write_text("x")
    assert "leads out of" in why_not(place, "../data2/1.png")


@pytest.mark.parametrize("name", ["C:\\data\\photos\\1.png", "c:/data/photos/1.png", "\\\\server\\share\\1.png"])
def test_paths_of_windows_say_what_an_image_root_must_hold_and_then_are_found_in_it(place: Path, name: str) -> None:
    said = why_not(place, name)
    assert "No such file" in said
    assert "holds elsewhere: --image-root DIR" in said
    assert read(place, name, ("out/a",)) == "out/a/1.png"


def test_full_paths_of_another_machine_keep_the_folders_in_which_they_differ(place: Path) -> None:
    names = ("C:\\shop\\a\\1.png", "C:\\shop\\b\\2.png", "/mnt/shop/a/1.png", "/mnt/shop/b/2.png")
    assert "what C:/shop holds" in why_not(place, *names)
    found = files(place, *names, roots=("out",))
    assert [found.read(name).decode() for name in names] == ["out/a/1.png", "out/b/2.png"] * 2
    assert "no --image-root holds what C:/shop holds" in why_not(place, "C:\\shop\\c\\3.png", *names, roots=("out",))


@pytest.mark.parametrize(
    "name", ["pipe", "null", "kmsg", "photos", ".", "loop", "gone.png", "a\0b", "x" * 5000, "sparse", "empty"]
)
def test_what_is_no_file_of_bearable_size_is_not_read(place: Path, name: str) -> None:
    data = place / "data"
    os.mkfifo(data / "pipe")
    (data / "null").symlink_to("/dev/zero")
    (data / "kmsg").symlink_to("/proc/kmsg")
    (data / "loop").symlink_to("loop")
    (data / "empty").touch()
    with (data / "sparse").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for roots in ((), ("/dev", "/proc")):
        said = why_not(place, name, roots=roots)
        assert any(why in said for why in ("is not a file", "No such file", "shrink it", "is empty", "leads out of"))


def test_a_root_that_is_no_folder_is_a_wrong_option(place: Path) -> None:
    with pytest.raises(SetupError, match=r"--image-root .*nowhere is not a folder"):
        files(place, roots=("nowhere",))


def test_a_folder_that_becomes_a_link_after_it_was_followed_is_not_read_through(place: Path) -> None:
    found = files(place)
    assert found.read("photos/1.png") == b"data/photos/1.png"
    (place / "data/photos").rename(place / "aside")
    (place / "data/photos").symlink_to(place / "out/a")
    with pytest.raises(DataError, match="leads through a link"):
        found.read("photos/1.png")

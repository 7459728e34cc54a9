"""Images that change their class get free names, always the same ones."""

from __future__ import annotations

import unicodedata
from itertools import permutations

import pytest

from errata.errors import DataError, PatchConflict
from errata.tools.data.folder_listing import Listing
from errata.tools.data.new_names import MOST_BYTES, new_names


def listing(*files: str, folders: tuple[str, ...] = ()) -> Listing:
    inside = {name.rsplit("/", n)[0] for name in files for n in range(1, name.count("/") + 1)}
    return Listing(tuple(sorted(files)), tuple(sorted({*inside, *folders})), (), ())


def moved(files: tuple[str, ...], changes: dict[int, str], *others: str, level: int = 1) -> dict[int, str]:
    return new_names(files, listing(*files, *others), changes, level)


def test_a_free_name_is_kept_and_a_taken_one_is_numbered() -> None:
    assert moved(("a/1.png", "a/2.png", "b/1.png"), {0: "b", 1: "b"}) == {0: "b/1-2.png", 1: "b/2.png"}


def test_a_swap_gives_two_names_that_can_be_made_in_any_order() -> None:
    assert moved(("a/1.png", "b/1.png"), {0: "b", 1: "a"}) == {0: "b/1-2.png", 1: "a/1-2.png"}


def test_several_images_that_want_one_name_are_numbered_by_their_row() -> None:
    assert moved(("a/1.png", "b/1.png", "c/1.png"), {2: "d", 0: "d", 1: "d"}) == {
        0: "d/1.png",
        1: "d/1-2.png",
        2: "d/1-3.png",
    }


def test_a_number_that_is_taken_too_is_passed_over() -> None:
    assert moved(("a/1.png", "b/1.png", "b/1-2.png"), {0: "b"}) == {0: "b/1-3.png"}


def test_names_of_hidden_and_other_files_are_taken_too() -> None:
    assert moved(("a/x", "b/1.png"), {0: "b"}, "b/X") == {0: "b/x-2"}


@pytest.mark.parametrize(("old", "new"), [("1.PNG", "1.png"), ("STRASSE.png", "straße.png")])
def test_names_that_differ_only_by_case_clash(old: str, new: str) -> None:
    assert moved((f"a/{old}", f"b/{new}"), {0: "b"})[0] != f"b/{old}"


def test_names_that_differ_only_by_unicode_form_clash() -> None:
    composed, decomposed = (unicodedata.normalize(form, "ü.png") for form in ("NFC", "NFD"))
    assert moved((f"a/{composed}", f"b/{decomposed}"), {0: "b"}) == {0: unicodedata.normalize("NFC", "b/ü-2.png")}


def test_deeper_folders_and_the_split_stay() -> None:
    assert moved(("a/x/1.png", "b/2.png"), {0: "b"}) == {0: "b/x/1.png"}
    assert moved(("train/a/1.png", "val/b/1.png"), {0: "b"}, level=2) == {0: "train/b/1.png"}


def test_the_class_it_has_moves_nothing() -> None:
    assert moved(("a/1.png", "b/1.png"), {0: "a"}) == {0: "a/1.png"}


def test_no_order_of_the_changes_changes_the_names() -> None:
    files = ("a/1.png", "b/1.png", "c/1.png", "c/1-2.png")
    changes = [(0, "c"), (1, "c"), (2, "a"), (3, "a")]
    assert len({tuple(sorted(moved(files, dict(order)).items())) for order in permutations(changes)}) == 1


def test_a_longest_name_is_cut_to_make_room_for_its_number() -> None:
    name = "ü" * 125 + ".png"
    found = moved((f"a/{name}", f"b/{name}"), {0: "b"})[0].removeprefix("b/")
    assert found.endswith("ü-2.png")
    assert MOST_BYTES - 2 <= len(found.encode()) <= MOST_BYTES


def test_a_name_that_is_to_be_a_folder_is_no_file_s() -> None:
    assert moved(("a/x", "b/x/1.png"), {0: "c", 1: "c"}) == {0: "c/x-2", 1: "c/x/1.png"}


def test_a_file_in_a_folder_s_place_is_a_conflict() -> None:
    with pytest.raises(PatchConflict, match="c is no folder"):
        moved(("a/1.png", "b/1.png"), {0: "c"}, "c")


@pytest.mark.parametrize(
    "label", ["nul", "Com1", "COM¹", "aux.png", "x ", "x.", "\tx", "a<b", "a*", "x\x7f", "", "a/b", None]
)
def test_labels_that_name_no_folder_on_every_system_are_refused(label: str) -> None:
    with pytest.raises(DataError, match="not a folder's name"):
        moved(("a/1.png", "b/1.png"), {0: label})


@pytest.mark.parametrize("label", ["console", "com10", "a.b", "ünï 2", "(x)", "#1", "$HOME", "-rf"])
def test_labels_that_name_a_folder_on_every_system_pass(label: str) -> None:
    assert moved(("a/1.png",), {0: label}) == {0: f"{label}/1.png"}

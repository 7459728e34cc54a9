"""What of a folder becomes an item, and how the rest is counted."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from errata.errors import DataError
from errata.tools.data import Columns, open_dataset
from errata.tools.data.image_folder import ImageFolder, read_image_folder
from errata.tools.data.images import FORMATS, SUFFIXES, load_image

Png = Callable[..., bytes]
HEIC = b"\0\0\0\x18ftypheic" + bytes(40)


def put(folder: Path, names: dict[str, bytes]) -> Path:
    for name, data in names.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def opened(folder: Path, *roots: Path) -> ImageFolder:
    return read_image_folder(folder, image_roots=roots)


def test_every_ending_that_pillow_registers_for_the_formats_that_are_read_is_an_image_s() -> None:
    Image.init()
    assert {ending for ending, name in Image.registered_extensions().items() if name in FORMATS} <= SUFFIXES


@pytest.mark.parametrize(
    "ending",
    [
        ".png",
        ".apng",
        ".jfif",
        ".JPE",
        ".jif",
        ".jp2",
        ".j2k",
        ".dib",
        ".tga",
        ".webp",
        ".avif",
        ".pnm",
        ".pgm",
        ".mpo",
        ".tif",
        "",
    ],
)
def test_images_of_every_ending_and_of_none_are_read(tmp_path: Path, png: Png, ending: str) -> None:
    kinds = {".tga": "TGA", ".jp2": "JPEG2000", ".j2k": "JPEG2000", ".dib": "DIB", ".webp": "WEBP", ".avif": "AVIF"}
    kinds |= dict.fromkeys((".jfif", ".JPE", ".jif"), "JPEG") | dict.fromkeys((".pnm", ".pgm"), "PPM")
    data = png(7, size=(16, 16), format=kinds.get(ending, "PNG"))
    dataset = open_dataset(put(tmp_path, {f"a/x{ending}": data, f"b/y{ending}": data}), Columns(None))
    assert (len(dataset), dict(dataset.problems)) == (2, {})
    assert load_image(data).size == (16, 16)


def test_what_is_left_out_is_counted_in_one_line(tmp_path: Path, png: Png) -> None:
    images = {f"{c}/{i}.png": png(i) for c in "ab" for i in range(7)}
    phone = {f"{c}/{i}.{ending}": HEIC for c in "ab" for i in range(7) for ending in ("heic", "HEIC")}
    folder = opened(put(tmp_path, images | phone))
    assert folder.left_out.sentence == "42 files: 14 read, 28 not (28 .heic)"
    assert len(folder) == 14


def test_what_file_managers_leave_is_not_counted_and_hidden_pictures_are(tmp_path: Path, png: Png) -> None:
    images = {"a/1.png": png(1), "b/2.png": png(2)}
    noise = (
        ".DS_Store",
        "a/Thumbs.db",
        "a/desktop.ini",
        "a/._1.png",
        "__MACOSX/a/._1.png",
        ".git/config",
        "b/.gitkeep",
    )
    folder = opened(put(tmp_path, images | dict.fromkeys(noise, b"x")))
    assert folder.left_out.sentence == ""
    hidden = ("a/.thumbs/1.png", "a/@eaDir/1.png/thumb.jpg", ".cache/3.png")
    folder = opened(put(tmp_path, dict.fromkeys(hidden, png(3))))
    assert folder.files == ("a/1.png", "b/2.png")
    assert folder.left_out.sentence == "5 files: 2 read, 3 not (3 hidden)"


def test_pictures_outside_the_classes_other_files_and_pipes_are_counted(tmp_path: Path, png: Png) -> None:
    put(tmp_path, {"a/1.png": png(1), "b/2.png": png(2), "cover.png": png(3), "README": b"text", "a/1.txt": b"x"})
    os.mkfifo(tmp_path / "b" / "pipe.png")
    said = "6 files: 2 read, 4 not (1 without an ending, 1 .txt, 1 outside of a class, 1 pipes or devices)"
    assert opened(tmp_path).left_out.sentence == said


def test_links_are_read_if_allowed_and_otherwise_counted_and_reported(tmp_path: Path, png: Png) -> None:
    folder = put(tmp_path / "pets", {"a/1.png": png(1), "b/2.png": png(2)})
    put(tmp_path / "out", {"3.png": png(3)})
    (folder / "a" / "in.png").symlink_to("../b/2.png")
    (folder / "a" / "out.png").symlink_to(tmp_path / "out" / "3.png")
    (folder / "c").symlink_to("a")
    (folder / "b" / "up").symlink_to("..")
    (folder / "b" / "loop.png").symlink_to("loop.png")
    found = opened(folder)
    assert found.files == ("a/1.png", "a/in.png", "b/2.png")
    assert found.left_out.sentence == "7 files: 3 read, 4 not (4 links)"
    to_folders, outside, nowhere = found.remarks
    assert to_folders.startswith("2 links (the first: b/up -> ") and "not followed" in to_folders
    assert outside.endswith(f"leads out of the folder. To read it: --image-root {tmp_path / 'out'}")
    assert nowhere.startswith("1 link (b/loop.png -> ")
    allowed = opened(folder, tmp_path / "out")
    assert allowed.files == ("a/1.png", "a/in.png", "a/out.png", "b/2.png")
    assert len(allowed.remarks) == 2


def test_a_folder_of_nothing_but_phone_pictures_or_links_says_so(tmp_path: Path, png: Png) -> None:
    with pytest.raises(DataError, match=r"holds no images.*\(2 files: 0 read, 2 not \(2 \.heic\)\)"):
        opened(put(tmp_path / "phone", {"a/1.heic": HEIC, "b/2.heic": HEIC}))
    put(tmp_path / "out", {"1.png": png(1)})
    (tmp_path / "links" / "a").mkdir(parents=True)
    (tmp_path / "links" / "a" / "1.png").symlink_to(tmp_path / "out" / "1.png")
    with pytest.raises(DataError, match=f"--image-root {tmp_path}/out"):
        opened(tmp_path / "links")


def test_a_run_folder_inside_is_no_part_of_the_data(tmp_path: Path, png: Png) -> None:
    folder = put(tmp_path, {"a/1.png": png(1), "b/2.png": png(2)})
    before = opened(folder)
    put(folder, {"a.errata/store.sqlite": b"x", "a.errata/backups/0001/3.png": png(3)})
    assert (opened(folder).files, opened(folder).sha256) == (before.files, before.sha256)
    put(folder, {"c.errata/3.png": png(3)})
    assert len(opened(folder)) == 3


def test_the_hash_of_a_folder_knows_links_and_follows_none_outside(tmp_path: Path, png: Png) -> None:
    folder = put(tmp_path / "pets", {"a/1.png": png(1), "b/2.png": png(2)})
    put(tmp_path, {"one": b"1", "two": b"2"})
    seen = {opened(folder).sha256}
    for target in ("/proc/kmsg", "/dev/zero", str(tmp_path / "one"), str(tmp_path / "two"), "../b/2.png"):
        (folder / "a" / "link.png").unlink(missing_ok=True)
        (folder / "a" / "link.png").symlink_to(target)
        seen.add(opened(folder).sha256)
    assert len(seen) == 6
    (folder / "a" / "link.png").unlink()
    (folder / "a" / "link.png").write_bytes(png(2))
    assert opened(folder).sha256 in seen, "a copy, in which links to the folder's own files are files, is the same data"


def test_a_folder_that_cannot_be_listed_is_an_error_and_not_left_out(
    tmp_path: Path, png: Png, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"a/1.png": png(1), "b/2.png": png(2)})
    monkeypatch.chdir(tmp_path / "a")
    for _ in range(20):  # a path that is longer than one may be
        Path("x" * 250).mkdir()
        os.chdir("x" * 250)
    with pytest.raises(DataError, match="cannot be listed"):
        opened(tmp_path)
    os.chdir(tmp_path)
    shutil.rmtree(tmp_path / "a")


def test_an_image_without_an_ending_is_known_by_its_mark_alone(tmp_path: Path, png: Png) -> None:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "TGA")
    folder = put(tmp_path, {"a/1": png(1), "b/2": png(2), "b/3": out.getvalue(), "b/4": b"P1 is a text", "b/5": b""})
    assert opened(folder).files == ("a/1", "b/2")

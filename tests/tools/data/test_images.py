"""Images: any of them becomes upright RGB, or a DataError."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from errata.errors import DataError
from errata.tools.data.images import STRIP_PIXELS, as_png, image_problem, load_image


def encode(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format=format, **options)
    return out.getvalue()


def noise(size: int = 64) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (size, size, 3), dtype=np.uint8))


TRANSPARENT = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
PALETTE = Image.new("RGB", (4, 4), "white").quantize(4)
DEEP = Image.fromarray(np.array([[0, 65535]], dtype=np.uint16))


@pytest.mark.parametrize(
    ("data", "corner"),
    [
        (encode(Image.new("CMYK", (4, 4)), "JPEG"), 255),
        (encode(TRANSPARENT), 255),
        (encode(PALETTE), 255),
        (encode(PALETTE, transparency=0), 255),
        (encode(Image.new("LA", (4, 4), (0, 0))), 255),
        (encode(Image.new("1", (4, 4), 1)), 255),
        (encode(DEEP), 0),
        (encode(DEEP, "TIFF"), 0),
        (encode(Image.new("F", (4, 4), 0.5), "TIFF"), 128),
        (encode(Image.new("F", (4, 4), -7.0), "TIFF"), 0),
        (encode(Image.new("L", (4, 4)), "GIF", save_all=True, append_images=[Image.new("L", (4, 4), 255)]), 0),
        (encode(Image.new("RGB", (4, 4)), "WEBP", lossless=True), 0),
    ],
)
def test_every_kind_of_picture_becomes_rgb(data: bytes, corner: int) -> None:
    picture = load_image(data)
    assert picture.mode == "RGB"
    assert np.asarray(picture)[0, 0].tolist() == [corner] * 3
    assert image_problem(data) is None


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    gray = np.array([[0, 257 * 100, 257 * 255]], dtype=np.uint16)
    assert np.asarray(load_image(encode(Image.fromarray(gray))))[0, :, 0].tolist() == [0, 100, 255]


def test_a_picture_taken_sideways_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert load_image(encode(Image.new("RGB", (20, 10)), "JPEG", exif=exif)).size == (10, 20)


@pytest.mark.parametrize(("size", "expected"), [((200, 100), (50, 25)), ((30, 20), (30, 20))])
def test_a_longest_side_shrinks_and_never_enlarges(size: tuple[int, int], expected: tuple[int, int]) -> None:
    for format in ("PNG", "JPEG"):
        assert load_image(encode(Image.new("RGB", size), format), max_side=50).size == expected


def test_as_png_gives_the_same_pixels() -> None:
    data = encode(noise(), "JPEG")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(as_png(data)))), np.asarray(load_image(data)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an image"),
        (b"hello", "not an image"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC, which errata does not read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (encode(noise())[:3000], "cannot be decoded"),
        (encode(noise(), "JPEG")[:1500], "cannot be decoded"),
        (encode(noise(), "GIF")[:1500], "cannot be decoded"),
        (encode(Image.new("1", (10_000, 9_000))), "more than 89,478,485 pixels"),
        (encode(Image.new("1", (20_000, 9_000))), "more than 89,478,485 pixels"),
    ],
)
def test_what_is_no_picture_is_said_by_the_check_and_by_the_loader(data: bytes, message: str) -> None:
    assert message in (image_problem(data) or "")
    with pytest.raises(DataError, match=message):
        load_image(data)


def test_any_damage_is_a_data_error_or_a_picture() -> None:
    rng = np.random.default_rng(0)
    for format in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"):
        whole = np.frombuffer(encode(noise(16), format), dtype=np.uint8)
        for _ in range(60):
            data = whole.copy()
            data[rng.integers(0, len(data), 3)] = rng.integers(0, 256, 3)
            try:
                assert load_image(data.tobytes()[: rng.integers(1, len(data) + 1)], max_side=8).mode == "RGB"
            except DataError:
                continue


def test_strips_give_the_pixels_that_the_whole_gives() -> None:
    rgba = noise().convert("RGBA")
    rgba.putalpha(noise().getchannel(0))
    deep = Image.fromarray(np.random.default_rng(1).integers(0, 65536, (64, 64), dtype=np.uint16))
    floats = Image.fromarray(np.random.default_rng(2).normal(size=(64, 64)).astype(np.float32))
    assert (64 * 20) ** 2 > STRIP_PIXELS > 64**2
    for picture, format, more in (
        (rgba, "PNG", {}),
        (deep, "PNG", {}),
        (floats, "TIFF", {}),
        (PALETTE.resize((64, 64)), "PNG", {"transparency": 0}),
    ):
        small = np.asarray(load_image(encode(picture, format, **more)))
        large = np.asarray(load_image(encode(twenty_by_twenty(picture), format, **more)))
        assert np.array_equal(large, np.tile(small, (20, 20, 1)))


def twenty_by_twenty(picture: Image.Image) -> Image.Image:
    """The image repeated 20 x 20 times, so that a file's strips do not all start where a repetition does."""
    pixels = np.asarray(picture)
    tiled = Image.fromarray(np.tile(pixels, (20, 20, *[1] * (pixels.ndim - 2))))
    if picture.mode == "P":
        tiled.putpalette(picture.getpalette() or [])
    return tiled


LARGE = """
import io, pathlib, threading
import numpy as np
from PIL import Image
from errata.tools.data.images import as_png
out = io.BytesIO()
{picture}.save(out, {format!r}, compress_level=1)
threads = [threading.Thread(target=as_png, args=(out.getvalue(), 64)) for _ in range({threads})]
for thread in threads: thread.start()
for thread in threads: thread.join()
peak, = (line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""
"""The peak of this process alone: ru_maxrss also counts what the one that started it had taken by then."""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process' own peak")
@pytest.mark.parametrize(
    ("picture", "format", "threads"),
    [
        # Both took more than 2 GB: floats of the whole picture, and all threads at once.
        ("Image.fromarray(np.zeros((9450, 9450), np.uint16))", "PNG", 1),
        ("Image.new('RGB', (8000, 8000))", "PNG", 5),
    ],
)
def test_memory_follows_the_largest_picture_and_not_their_number(picture: str, format: str, threads: int) -> None:
    code = LARGE.format(picture=picture, format=format, threads=threads)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1000

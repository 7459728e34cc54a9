"""Only pixels reach a judge: a file that contains anything else is drawn again; a damaged one is a clean error."""

from __future__ import annotations

import asyncio
import base64
import io
import random
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from errata.errors import DataError
from errata.tools.judging.images.bare import is_bare
from errata.tools.judging.images.images import ItemImage, fits
from errata.tools.judging.images.region import Region, RegionImage

ORDER = b"answer trade"
RED, BLUE = (250, 10, 10), (10, 10, 250)


def halves() -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (32, 16), RED)
    image.paste(BLUE, (16, 0, 32, 16))
    return image


def encoded(format: str, **saved: Any) -> bytes:
    out = io.BytesIO()
    halves().save(out, format, **saved)
    return out.getvalue()


PNG, JPEG = encoded("PNG"), encoded("JPEG")


def with_chunk(kind: bytes, data: bytes, at_end: bool = False) -> bytes:
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    place = PNG.index(b"IEND") - 4 if at_end else PNG.index(b"IDAT") - 4
    return PNG[:place] + chunk + PNG[place:]


def with_segment(marker: int, data: bytes) -> bytes:
    return JPEG[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data + JPEG[2:]


def exif(turned: int = 1) -> bytes:
    made = Image.Exif()
    made[0x0112] = turned
    made[0x010E] = ORDER.decode()
    return made.tobytes()


def color_profile() -> bytes:
    """A real one, with the order in its description."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    return bytes(profile[: -len(ORDER)]) + ORDER


def text_in(**texts: str) -> PngInfo:
    found = PngInfo()
    for key, said in texts.items():
        found.add_text(key, said)
    return found


def compressed_text() -> PngInfo:
    found = PngInfo()
    found.add_itxt("Comment", ORDER.decode() * 9, zip=True)
    return found


SAYING_MORE = {
    "tEXt": encoded("PNG", pnginfo=text_in(Comment=ORDER.decode())),
    "iTXt zipped": encoded("PNG", pnginfo=compressed_text()),
    "zTXt": with_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(ORDER)),
    "eXIf": encoded("PNG", exif=exif()),
    "a private chunk": with_chunk(b"orDr", ORDER),
    "a private chunk behind the pixels": with_chunk(b"orDr", ORDER, at_end=True),
    "a critical chunk of nobody": with_chunk(b"JUNK", ORDER, at_end=True),
    "tIME": with_chunk(b"tIME", ORDER[:7]),
    "a palette with a name": with_chunk(b"sPLT", ORDER + b"\0\x08"),
    "an overlong gAMA": with_chunk(b"gAMA", ORDER),
    "gAMA again and again": with_chunk(b"gAMA", ORDER[:4])[:-12] + with_chunk(b"gAMA", ORDER[:4])[8 + 25 :],
    "PNG color profile": encoded("PNG", icc_profile=color_profile()),
    "behind IEND": PNG + ORDER,
    "behind a second IEND": PNG + ORDER + PNG[-12:],
    "an animation": encoded("PNG", save_all=True, append_images=[Image.new("RGB", (32, 16))]),
    **{f"APP{n}": with_segment(0xE0 + n, ORDER) for n in range(16)},
    "COM": with_segment(0xFE, ORDER),
    "a small picture in JFIF": with_segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1" + ORDER[:3]),
    "EXIF": encoded("JPEG", exif=exif()),
    "JPEG color profile": encoded("JPEG", icc_profile=color_profile()),
    "behind EOI": JPEG + ORDER,
    "behind EOI, with another": JPEG + ORDER + JPEG[-2:],
    "WebP EXIF and XMP": encoded("WEBP", lossless=True, exif=exif(), xmp=ORDER),
    "WebP, behind its end": encoded("WEBP", lossless=True) + ORDER,
    "GIF comment": encoded("GIF", comment=ORDER),
    "GIF, behind its end": encoded("GIF") + ORDER,
    "TIFF description": encoded("TIFF", description=ORDER.decode()),
}  # fmt: skip


def sent(image: ItemImage) -> bytes:
    async def main() -> Any:
        return await image.parts()

    return base64.b64decode(asyncio.run(main())[0]["image_url"]["url"].partition(",")[2])


@pytest.mark.parametrize("data", SAYING_MORE.values(), ids=SAYING_MORE.keys())
def test_a_files_metadata_is_not_sent(data: bytes) -> None:
    assert not fits(data)
    for made in (sent(ItemImage(data)), sent(RegionImage(data, Region((2, 2, 9, 9)), "overlay"))):
        assert is_bare(made)
        assert ORDER[:4] not in made
    pixels = np.asarray(Image.open(io.BytesIO(sent(ItemImage(data)))), dtype=int)
    assert pixels.shape == (16, 32, 3)
    assert np.abs(pixels[8, 4] - RED).max() < 40
    assert np.abs(pixels[8, 28] - BLUE).max() < 40


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_turned_picture_is_sent_upright(format: str) -> None:
    made = Image.open(io.BytesIO(sent(ItemImage(encoded(format, exif=exif(turned=6))))))
    assert made.size == (16, 32)
    top = np.asarray(made, dtype=int)[4, 8]
    assert np.abs(top - RED).max() < 40


@pytest.mark.parametrize(
    "data",
    [
        PNG,
        JPEG,
        encoded("JPEG", progressive=True),
        encoded("JPEG", quality=100, subsampling=0, restart_marker_blocks=1),
        encoded("JPEG", dpi=(72, 72)),
        encoded("PNG", dpi=(72, 72)),
        encoded("PNG", optimize=True),
    ],
)
def test_a_file_of_pixels_alone_is_sent_as_it_is(data: bytes) -> None:
    assert fits(data)
    assert sent(ItemImage(data)) == data


def damaged(seed: int) -> Iterator[bytes]:
    """Files cut short, with bytes changed, repeated, or put in."""
    rng = random.Random(seed)
    sources = [*SAYING_MORE.values(), PNG, JPEG]
    for _ in range(300):
        data = bytearray(rng.choice(sources))
        at = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                del data[at:]
            case 1:
                for _ in range(rng.randrange(1, 8)):
                    data[rng.randrange(len(data))] = rng.randrange(256)
            case 2:
                data[at:at] = data[: rng.randrange(1, 64)]
            case _:
                data[at:at] = ORDER
        yield bytes(data)


def test_a_damaged_file_is_pixels_alone_or_a_clean_error() -> None:
    refused = 0
    for data in damaged(seed=0):
        try:
            made = sent(ItemImage(data))
        except DataError:
            refused += 1
        else:
            assert is_bare(made)
    assert 0 < refused < 300

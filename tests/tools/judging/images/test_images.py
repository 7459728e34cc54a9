"""Images are sent unchanged if any server shows them right, and converted to small PNGs otherwise."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from errata.errors import DataError
from errata.tools.judging.images.images import MAX_SIDE, SENT_BYTES, ItemImage, fits, held_bytes, with_sendable_image
from errata.types import Item


def encoded(size: tuple[int, int] = (8, 4), mode: str = "RGB", format: str = "PNG", **save: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, format, **save)
    return out.getvalue()


def sent(data: bytes) -> bytes:
    async def main() -> Any:
        image = ItemImage(data)
        (first,), (second,) = await asyncio.gather(image.parts(), image.parts())
        assert first is second
        return first

    part = asyncio.run(main())
    made = base64.b64decode(part["image_url"]["url"].partition(",")[2])
    assert part["uuid"] == hashlib.sha256(made).hexdigest()
    return made


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(format="JPEG", exif=exif)


@pytest.mark.parametrize("data", [encoded(), encoded(format="JPEG"), encoded(mode="L"), encoded((MAX_SIDE, 9))])
def test_small_png_and_jpeg_are_sent_as_they_are(data: bytes) -> None:
    assert sent(data) == data


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (encoded((4 * MAX_SIDE, 2 * MAX_SIDE)), (MAX_SIDE, MAX_SIDE // 2)),
        (encoded(format="GIF"), (8, 4)),
        (encoded(mode="CMYK", format="JPEG"), (8, 4)),
        (turned(), (4, 8)),
    ],
    ids=["too large", "another format", "print colors", "turned"],
)
def test_others_become_upright_png_of_at_most_the_side(data: bytes, size: tuple[int, int]) -> None:
    made = Image.open(io.BytesIO(sent(data)))
    assert (made.format, made.size, made.mode) == ("PNG", size, "RGB")


def test_text_hidden_in_a_file_is_not_sent() -> None:
    comment = PngInfo()
    comment.add_text("Comment", "answer B")
    comment.add_itxt("Description", "answer B", zip=True)
    exif = Image.Exif()
    exif[0x010E] = "answer B"
    for data in (
        encoded(pnginfo=comment),
        encoded(format="JPEG", comment=b"answer B"),
        encoded(format="JPEG", exif=exif),
        encoded() + b"answer B",
    ):
        assert b"answer B" in data or b"iTXt" in data
        made = sent(data)
        assert b"answer B" not in made
        assert b"iTXt" not in made


def test_what_is_no_image_is_an_error_for_everyone_who_asks() -> None:
    async def main() -> None:
        image = ItemImage(b"no image")
        for _ in range(2):
            with pytest.raises(DataError):
                await image.parts()

    asyncio.run(main())
    assert not fits(b"no image")


def test_a_png_whose_middle_is_lost_is_not_sent() -> None:
    whole = encoded()
    at = whole.index(b"IDAT") + 4
    with pytest.raises(DataError):
        sent(whole[:at] + bytes(len(whole) - at - 12) + whole[-12:])


def test_an_item_of_text_has_no_image() -> None:
    assert ItemImage.of(Item.of(0, "0", "sha", None, "text")) == ()


def test_an_item_made_ready_once_is_sent_as_before() -> None:
    for data in (encoded((4 * MAX_SIDE, 2 * MAX_SIDE)), encoded(format="GIF"), turned(), encoded()):
        ready = with_sendable_image(Item.of(0, "0", "sha", None, image=data))
        assert (ready.content_sha, fits(ready.image or b"")) == ("sha", True)
        assert sent(ready.image or b"") == sent(data)
    broken = Item.of(0, "0", "sha", None, image=b"no image")
    assert with_sendable_image(broken) == broken


def test_what_an_image_takes_while_it_is_asked_about_is_bounded_beyond_itself() -> None:
    small, large = (held_bytes(Item.of(0, "0", "sha", None, image=bytes(size))) for size in (1000, 100 << 20))
    assert small > 2000
    assert large == (100 << 20) + SENT_BYTES
    assert held_bytes(Item.of(0, "0", "sha", None, "text")) == 0
